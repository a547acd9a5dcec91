using System.Text.Encodings.Web;
using System.Text.Json;

namespace DaskK8s.Tests.Yaml;

/// <summary>What Helm's parser makes of a values file, case by case: each was compared with kubectl 1.36, which has the same parser.</summary>
public sealed class YamlReadingTests
{
    private static readonly JsonSerializerOptions s_asItIs = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Theory]
    [InlineData("one: &one {replicas: 1}\nx: {replicas: 4, <<: *one}", """{"replicas":1}""")]
    [InlineData("one: &one {r: 1}\ntwo: &two {r: 2}\nx:\n  <<: *one\n  <<: *two", """{"r":2}""")]
    [InlineData("one: &one {r: 1}\nx: {<<: *one, r: 4}", """{"r":4}""")]
    [InlineData("x: {<<: [{r: 1}, {r: 2, s: 3}]}", """{"r":1,"s":3}""")]
    [InlineData("x: {<<: {<<: {a: 3}, a: 4}}", """{"a":4}""")]
    [InlineData("x: {<<: &a [{a: 3}], <<: []}", """{"a":3}""")]
    [InlineData("x: {\"<<\": {a: 3}}", """{"<<":{"a":3}}""")]
    [InlineData("x: {! <<: {a: 3}}", """{"a":3}""")]
    [InlineData("x: {a: 1, a: 2}", """{"a":2}""")]
    [InlineData("x: {a: .inf, a: 2}", """{"a":2}""")]
    [InlineData("x: {1: a, 01: b}", """{"1":"b"}""")]
    [InlineData("x: {yes: a, on: b}", """{"true":"b"}""")]
    [InlineData("x: {1e6: a, 1.50: b, 123456.789: c}", """{"1e+06":"a","1.5":"b","123456.79":"c"}""")]
    public void FromYaml_KeysAndMerges_AreThoseOfHelm(string text, string expected) =>
        Read(text).Should().Be(expected);

    [Theory]
    [InlineData("! 5", "\"5\"")]
    [InlineData("!foo 5", "\"5\"")]
    [InlineData("!f%C3%A9%21 5", "\"5\"")]
    [InlineData("!!str", "\"\"")]
    [InlineData("!!float 5", "5")]
    [InlineData("!!binary aGVsbG8=", "\"hello\"")]
    [InlineData("._5", "\"._5\"")]
    [InlineData("1e400", "\"1e400\"")]
    [InlineData("0O17", "15")]
    [InlineData("+0x8000000000000000", "\"+0x8000000000000000\"")]
    [InlineData("2001-12-14 21:59:43.10 -5", "\"2001-12-14 21:59:43.10 -5\"")]
    [InlineData("|-#c\n  text", "\"text\"")]
    [InlineData(">\n  a\n  b\n\n   c\n", "\"a b\\n\\n c\\n\"")]
    [InlineData("\"\\x41\\\n    b\"", "\"Ab\"")]
    [InlineData("'a\n\n  b'", "\"a\\nb\"")]
    [InlineData("[a: b, ? c, {d, e: f}]", """[{"a":"b"},{"c":null},{"d":null,"e":"f"}]""")]
    [InlineData("\n- a\n-\n  - b", """["a",["b"]]""")]
    public void FromYaml_Values_AreThoseOfHelm(string value, string expected) =>
        Read($"x: {value}").Should().Be(expected);

    [Theory]
    [InlineData("\ufeffx: 1\n")]
    [InlineData("x: 1\r\n")]
    [InlineData("x: 1\r")]
    [InlineData("%YAML 1.1\n---\nx: 1\n...\n")]
    [InlineData("---\nx: 1\n---\n")]
    [InlineData("x: 1\n---\n# nothing more\n---\n~\n")]
    public void FromYaml_MarksLineEndsAndEmptyDocuments_AreNone(string text) =>
        Read(text).Should().Be("1");

    [Theory]
    [InlineData("x: .nan", 1, 4)]
    [InlineData("x: 1\n? \n: 2", 2, 1)]
    [InlineData("x: 1\n~: 2", 2, 1)]
    [InlineData("x: 1\n18446744073709551615: 2", 2, 1)]
    [InlineData("x: 1\n[a]: 2", 2, 1)]
    [InlineData("x: 1\r\n  \r\ny: !!int a", 3, 10)]
    [InlineData("x: 1\ry: \"\\q\"", 2, 5)]
    [InlineData("x: 1\n\u2028y: @a", 3, 4)]
    [InlineData("x: 1\ny: a\u0007", 2, 5)]
    [InlineData("😀: @a", 1, 4)]
    [InlineData("x: &a [*a]", 1, 8)]
    [InlineData("%YAML 1.2\n---\nx: 1", 1, 1)]
    [InlineData("x: 1\n\ty: 2\n", 2, 1)]
    [InlineData("x: \"a\n  b\n", 1, 4)]
    [InlineData("x: 1\nabc\n", 2, 1)]
    [InlineData("x: a: b", 1, 5)]
    [InlineData("x: !%a1b y", 1, 4)]
    [InlineData("x: !%c3b y", 1, 4)]
    [InlineData("x: !%c3%41 y", 1, 4)]
    [InlineData("x: !%f8%80%80%80%80 y", 1, 4)]
    [InlineData("x: &a [{b: 1}]\ny: {<<: *a}", 2, 9)]
    [InlineData("x: &a [{b: 1}]\ny:\n  <<: *a", 3, 7)]
    [InlineData("x: &a [{b: 1}]\ny: {<<: [*a]}", 2, 9)]
    [InlineData("x: &a ~\ny: {<<: *a}", 2, 9)]
    [InlineData("x: {<<: [{a: 1}, ~]}", 1, 9)]
    [InlineData("worker: {replicas: 2}\n---\nworker: {replicas: 8}", 2, 1)]
    public void FromYaml_WhatHelmRefuses_PointsAtThePlace(string text, int line, int column)
    {
        HelmValuesException error = FluentActions.Invoking(() => HelmValues.FromYaml(text)).Should().Throw<HelmValuesException>().Which;

        (error.Line, error.Column).Should().Be((line, column), error.Message);
    }

    [Fact]
    public void FromYaml_TwoDocuments_SaysWhatEachHelmDoes() =>
        FluentActions.Invoking(() => HelmValues.FromYaml("worker: {replicas: 2}\n---\nworker: {replicas: 8}"))
            .Should().Throw<HelmValuesException>().WithMessage("*Helm 3 reads only the first, Helm 4 merges them all*");

    private static string Read(string text) =>
        JsonSerializer.Serialize(HelmValues.FromYaml(text).Get<JsonElement>("x"), s_asItIs);
}
