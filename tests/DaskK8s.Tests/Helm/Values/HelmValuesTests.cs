using System.Text.Json;

using DaskK8s.Dask.Tasks;
using DaskK8s.Helm.Values;
using DaskK8s.Tests.Rigs.Kubernetes;
using DaskK8s.Yaml;

namespace DaskK8s.Tests.Helm.Values;

public sealed class HelmValuesTests
{
    private static HelmValues Merge(string defaults, string config) =>
        new(HelmValues.FromYaml(defaults).Config, HelmValues.FromYaml(config).Config);

    [Theory]
    [InlineData("a: 1\nb: 2", "b: 3\nc: 4", "a: 1\nb: 3\nc: 4\n")]
    [InlineData("a: {x: 1, z: 2}", "a: {z: 3}", "a:\n  x: 1\n  z: 3\n")]
    [InlineData("a: [1, 2, 3]", "a: [4]", "a:\n- 4\n")]
    [InlineData("a: 1\nb: 2", "a: null", "b: 2\n")]
    [InlineData("a: {x: 1, z: 2}", "a: {x: null}", "a:\n  z: 2\n")]
    [InlineData("a: {x: 1}", "a: null", "{}\n")]
    [InlineData("a: {x: {z: 1}}", "a: {x: {z: null}}", "a:\n  x: {}\n")]
    [InlineData("a: 1", "b: null", "a: 1\nb: null\n")]
    [InlineData("a: {x: 1}", "a: {z: null}", "a:\n  x: 1\n")]
    [InlineData("a: {x: 1}", "b: {z: null}", "a:\n  x: 1\nb:\n  z: null\n")]
    [InlineData("a: {x: null, z: 1}", "a: {z: 2}", "a:\n  x: null\n  z: 2\n")]
    [InlineData("a: {x: 1}", "a: text", "a: text\n")]
    [InlineData("a: text", "a: {x: 1}", "a:\n  x: 1\n")]
    [InlineData("a: {b: {x: 1}}", "a: {b: 5}", "a:\n  b: 5\n")]
    [InlineData("a: {b: 5}", "a: {b: {x: 1}}", "a:\n  b:\n    x: 1\n")]
    [InlineData("a: null", "a: {x: 1}", "a:\n  x: 1\n")]
    [InlineData("a: 1", "", "a: 1\n")]
    public void Computed_OfDefaultsAndConfig_IsAsHelmMerges(string defaults, string config, string expected) =>
        Merge(defaults, config).Computed.ToYaml().Should().Be(expected);

    [Fact]
    public void Views_OfMergedValues_ShowTheirPartOnly()
    {
        HelmValues values = Merge("a: 1", "b: 2");

        values.Get<int>("a").Should().Be(1);
        values.UserSupplied.TryGet<int>("a", out _).Should().BeFalse();
        values.UserSupplied.Get<int>("b").Should().Be(2);
        values.ToYaml().Should().Be("b: 2\n");
        values.Computed.ToYaml().Should().Be("a: 1\nb: 2\n");
    }

    [Fact]
    public void Get_ByPath_ReadsEveryType()
    {
        var values = HelmValues.FromYaml("""
            worker:
              replicas: 3
              memory: 512M
              ratio: 1.5
              on: true
              big: 9223372036854775807
              bigger: 18446744073709551615
              helm: 1e+06
              nothing: null
              resources:
                limits: { "nvidia.com/gpu": 1, "odd[key]": 2 }
              args: [--a, "1", 2]
            additional_worker_groups:
            - name: gpu
              tolerations:
              - key: x
            """);

        values.Get<int>("worker.replicas").Should().Be(3);
        values.Get<string>("worker.replicas").Should().Be("3");
        values.Get<string>("worker.memory").Should().Be("512M");
        values.Get<double>("worker.ratio").Should().Be(1.5);
        values.Get<decimal>("worker.ratio").Should().Be(1.5m);
        values.Get<bool>("worker.true").Should().BeTrue("'on' is a truth value to Helm, as a key too");
        values.Get<long>("worker.big").Should().Be(long.MaxValue);
        values.Get<ulong>("worker.bigger").Should().Be(ulong.MaxValue);
        values.Get<int>("worker.helm").Should().Be(1_000_000);
        values.Get<int?>("worker.nothing").Should().BeNull();
        values.Get<string?>("worker.nothing").Should().BeNull();
        values.TryGet<string>("worker.nothing", out _).Should().BeFalse();
        values.Get<int>(@"worker.resources.limits.nvidia\.com/gpu").Should().Be(1);
        values.Get<int>(@"worker.resources.limits.odd\[key\]").Should().Be(2);
        values.Get<string>("additional_worker_groups[0].name").Should().Be("gpu");
        values.Get<string>("additional_worker_groups[0].tolerations[0].key").Should().Be("x");
        values.Get<IReadOnlyList<string>>("worker.args").Should().Equal("--a", "1", "2");
        values.Get<string[]>("worker.args").Should().HaveCount(3);
        values.Get<IReadOnlyDictionary<string, string>>("worker.resources.limits").Should().Contain("nvidia.com/gpu", "1");
        values.Get<HelmValues>("worker.resources").Get<int>(@"limits.nvidia\.com/gpu").Should().Be(1);
        values.Get<JsonElement>("worker").GetProperty("big").GetInt64().Should().Be(long.MaxValue);
        values.Get<object>("worker.replicas").Should().Be(3L);
        values.Get<IReadOnlyList<HelmValues>>("additional_worker_groups")[0].Get<string>("name").Should().Be("gpu");
    }

    [Theory]
    [InlineData("worker.missing", "*no value 'worker.missing'*")]
    [InlineData("worker.name.deeper", "*no value*")]
    [InlineData("list[7]", "*no value*")]
    [InlineData("worker", "*'worker' is a map*Int32*")]
    [InlineData("worker.name", "*'worker.name' is a string*Int32*")]
    [InlineData("worker.half", "*'worker.half' is a number*Int32*")]
    public void Get_WhatIsNotThere_SaysWhatIs(string path, string message)
    {
        var values = HelmValues.FromYaml("worker: {name: s3cret, half: 0.5}\nlist: [1]");

        values.Invoking(v => v.Get<int>(path)).Should().Throw<HelmValuesException>().WithMessage(message)
            .Which.Should().Match<HelmValuesException>(error => error.Path == path && !error.Message.Contains("s3cret", StringComparison.Ordinal));
        values.TryGet<int>(path, out _).Should().BeFalse();
    }

    [Theory]
    [InlineData("a..b")]
    [InlineData(".a")]
    [InlineData("a.")]
    [InlineData("[0]")]
    [InlineData("a[x]")]
    [InlineData("a[-1]")]
    [InlineData("a[0")]
    [InlineData("a[0]b")]
    [InlineData("a\\")]
    [InlineData("a]")]
    [InlineData("")]
    public void Get_AMalformedPath_IsTheCallersMistake(string path) =>
        HelmValues.Empty.Invoking(values => values.Get<int>(path)).Should().Throw<ArgumentException>();

    [Fact]
    public void Get_AList_IsACopy()
    {
        var values = HelmValues.FromYaml("a: [1, 2]");

        values.Get<int[]>("a")[0] = 99;

        values.Get<int[]>("a").Should().Equal(1, 2);
    }

    [Theory]
    [InlineData("a: [1,\nb: 2", 2)]
    [InlineData("a: 1\n\tb: 2", 1)]
    [InlineData("a: 'x\nb: 2\n", 1)]
    [InlineData("a: *nowhere", 1)]
    [InlineData("- 1\n- 2", 1)]
    [InlineData("text", 1)]
    [InlineData("a: 1\n---\nb: 2", 2)]
    [InlineData("a:\n  b: 1\n c: 2", 3)]
    [InlineData("? [a, b]\n: 1", 1)]
    [InlineData("a: @x", 1)]
    public void FromYaml_Malformed_TellsTheLine(string text, int line)
    {
        HelmValuesException error = FluentActions.Invoking(() => HelmValues.FromYaml(text)).Should().Throw<HelmValuesException>().Which;

        error.Line.Should().BeInRange(line, line + 1, error.Message);
        error.Column.Should().BeGreaterThan(0);
        error.Message.Should().Contain($"line {error.Line}, column {error.Column}");
    }

    [Fact]
    public void FromYaml_AnErrorNearASecret_DoesNotShowIt()
    {
        Func<HelmValues> parse = () => HelmValues.FromYaml("password: s3cret: s3cret\n*s3cret");

        parse.Should().Throw<HelmValuesException>().Which.ToString().Should().NotContain("s3cret");
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n")]
    [InlineData("---\n")]
    [InlineData("null")]
    [InlineData("{}")]
    public void FromYaml_Nothing_IsEmpty(string text) => HelmValues.FromYaml(text).IsEmpty.Should().BeTrue();

    [Fact]
    public void FromYaml_AnchorsMergesAndJson_AreRead()
    {
        var values = HelmValues.FromYaml("""
            base: &base { a: 1, b: 2 }
            derived: { <<: *base, b: 3 }
            several: { <<: [ { a: 9 }, *base ] }
            same: *base
            json: {"x": [1, 2, {"y": null}]}
            """);

        values.Get<HelmValues>("derived").ToYaml().Should().Be("b: 3\na: 1\n");
        values.Get<int>("several.a").Should().Be(9);
        values.Get<int>("several.b").Should().Be(2);
        values.Get<int>("same.b").Should().Be(2);
        values.Get<int>("json.x[1]").Should().Be(2);
    }

    [Fact]
    public void FromYaml_ABombOfAliases_IsRefusedAtOnce()
    {
        var text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + string.Join('\n', Enumerable.Range(1, 30).Select(i =>
            $"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 10))}]"));
        var before = GC.GetAllocatedBytesForCurrentThread();

        FluentActions.Invoking(() => HelmValues.FromYaml(text)).Should().Throw<HelmValuesException>().WithMessage("*too many values*");

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(4 * 1024 * 1024);
    }

    [Theory]
    [InlineData('[')]
    [InlineData('{')]
    [InlineData('-')]
    public void FromYaml_DeepNesting_IsRefused(char nest)
    {
        var text = nest == '-' ? string.Concat(Enumerable.Repeat("- ", 100_000)) : new string(nest, 100_000);

        FluentActions.Invoking(() => HelmValues.FromYaml("a:\n  " + text)).Should().Throw<HelmValuesException>();
    }

    [Theory]
    [InlineData("yes", "true")]
    [InlineData("Off", "false")]
    [InlineData("~", "null")]
    [InlineData("", "null")]
    [InlineData("0x1F", "31")]
    [InlineData("0o17", "15")]
    [InlineData("0777", "511")]
    [InlineData("0b101", "5")]
    [InlineData("1_000", "1000")]
    [InlineData("+5", "5")]
    [InlineData(".5", "0.5")]
    [InlineData("-.5", "-0.5")]
    [InlineData("5.", "5.0")]
    [InlineData("1e3", "1e3")]
    [InlineData("1.50", "1.50")]
    [InlineData("18446744073709551615", "18446744073709551615")]
    [InlineData("123456789012345678901234567890", "123456789012345678901234567890")]
    [InlineData("089", "89")]
    [InlineData("y", "true")]
    [InlineData("1.2.3", "\"1.2.3\"")]
    [InlineData("2024-12-01", "\"2024-12-01\"")]
    [InlineData("10m", "\"10m\"|10m")]
    [InlineData("512M", "512M")]
    [InlineData("'1'", "\"1\"")]
    [InlineData("\"true\"", "\"true\"")]
    [InlineData("!!str 5", "\"5\"")]
    [InlineData("1:30", "\"1:30\"")]
    public void ToYaml_OfAScalar_KeepsWhatItMeansToHelm(string scalar, string expected) =>
        HelmValues.FromYaml($"a: {scalar}").ToYaml().Should().BeOneOf(expected.Split('|').Select(text => $"a: {text}\n"));

    [Fact]
    public void ToYaml_OfAnyText_ReadsBackTheSame()
    {
        string[] hard =
        [
            "", " ", "a ", " a", "\n", "a\n", "a\nb", "a\nb\n", "a\nb\n\n", "\na", "  a\n b", "a \nb", "a\t\nb", "#a", "a #b", "a: b", "- a", "? a", "&a", "*a", "!a", "|", ">", "%a",
            "@a", "`a", "'a'", "\"a\"", "a'b\"c", "{a}", "[a]", "a, b", "null", "~", "true", "Yes", "n", "1", "1.0", "1e3", "0x1", "0o7", "1_0", "12:30:45", "2024-01-01", "=", "<<", "---", "...",
            "--- a", "a\n---\nb", "\0", "\u0007", "\u001b[0m", "\u0085", "\u2028", "\ufeff", "é", "漢字", "😀", "a\rb", "a\r\nb", new string('x', 5000), string.Join(' ', Enumerable.Repeat("word", 200)),
            "\\", "a\\nb", "-", "--resources", "GPU=1", "key:", ":", "::", "a:b", "trailing:\n", ".", "..", "+", "+1", "-1", ".inf", "\u00a0", "a\u00a0b", "\u200b", "\ue000",
        ];
        ValueNode.Map map = new(new OrderedDictionary<string, ValueNode>(hard.Select(text => KeyValuePair.Create(text, (ValueNode)new ValueNode.Text(text)))));
        map = map.With("list", new ValueNode.List([.. hard.Select(text => new ValueNode.Text(text))]));
        HelmValues values = new(ValueNode.Map.Empty, map);

        var again = HelmValues.FromYaml(values.ToYaml());

        again.Config.Entries.Keys.Should().Equal(map.Entries.Keys);
        again.Config.ListAt("list").Select(item => ((ValueNode.Text)item).Value).Should().Equal(hard);
        foreach (var text in hard)
        {
            ((ValueNode.Text)again.Config[text]!).Value.Should().Be(text);
        }
    }

    [Fact]
    public void ToYaml_OfRandomTrees_ReadsBackTheSame()
    {
        Random random = new(99);
        for (var i = 0; i < 500; i++)
        {
            var json = JsonSerializer.Serialize(RandomMap(random, 0));
            var values = HelmValues.FromYaml(json);

            HelmValues again = Reread(values);

            JsonElement.DeepEquals(Whole(again), Whole(values)).Should().BeTrue(json);
            JsonElement.DeepEquals(Whole(values), JsonDocument.Parse(json).RootElement).Should().BeTrue(json);
        }
    }

    [Fact]
    public void FromYaml_RandomText_GivesOnlyDocumentedErrors()
    {
        Random random = new(5);
        const string alphabet = "ab1: -\n\t[]{},&*!|>'\"%@`#?~\\x.<=é\0\u0085";
        for (var i = 0; i < 20_000; i++)
        {
            var text = new string(random.GetItems(alphabet.AsSpan(), random.Next(0, 40)));
            try
            {
                var values = HelmValues.FromYaml(text);
                HelmValues.FromYaml(values.ToYaml()).ToYaml().Should().Be(values.ToYaml(), JsonSerializer.Serialize(text));
            }
            catch (HelmValuesException e)
            {
                e.Line.Should().NotBeNull();
            }
        }
    }

    private static HelmValues Reread(HelmValues values)
    {
        var yaml = values.ToYaml();
        try
        {
            return HelmValues.FromYaml(yaml);
        }
        catch (HelmValuesException e)
        {
            throw new InvalidOperationException(e.Message + JsonSerializer.Serialize(yaml), e);
        }
    }

    private static JsonElement Whole(HelmValues values)
    {
        HelmValues wrapped = new(ValueNode.Map.Empty, ValueNode.Map.Empty.With("root", values.Config));
        return wrapped.Get<JsonElement>("root");
    }

    private static Dictionary<string, object?> RandomMap(Random random, int depth)
    {
        Dictionary<string, object?> map = new(StringComparer.Ordinal);
        for (var i = random.Next(0, 5); i > 0; i--)
        {
            map["k" + RandomText(random)] = RandomValue(random, depth + 1);
        }

        return map;
    }

    private static object? RandomValue(Random random, int depth) => random.Next(depth > 3 ? 5 : 7) switch
    {
        0 => null,
        1 => random.Next(2) == 0,
        2 => random.NextInt64(long.MinValue, long.MaxValue),
        3 => Math.Round(random.NextDouble() * 1000, 3),
        4 => RandomText(random),
        5 => Enumerable.Range(0, random.Next(4)).Select(_ => RandomValue(random, depth + 1)).ToList(),
        _ => RandomMap(random, depth),
    };

    private static string RandomText(Random random) =>
        new(random.GetItems("abc019 :-#\n\t'\"\\,[]{}&*!|>%@`~.=é漢\u2028\0".AsSpan(), random.Next(0, 12)));
}
