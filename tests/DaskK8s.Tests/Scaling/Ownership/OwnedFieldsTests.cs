using System.Text.Json.Nodes;

using DaskK8s.Scaling.Ownership;

namespace DaskK8s.Tests.Scaling.Ownership;

public sealed class OwnedFieldsTests
{
    [Theory]
    [InlineData("""{"f:a":{}}""", """{"a":1,"b":2}""", """{"a":1}""")]
    [InlineData("""{"f:a":{"f:b":{}}}""", """{"a":{"b":"x","c":"y"}}""", """{"a":{"b":"x"}}""")]
    [InlineData("""{"f:args":{}}""", """{"args":["x","y"]}""", """{"args":["x","y"]}""")]
    [InlineData("""{"f:tolerations":{}}""", """{"tolerations":[{"key":"a"},{"key":"a"}]}""", """{"tolerations":[{"key":"a"},{"key":"a"}]}""")]
    [InlineData("""{"f:selector":{}}""", """{"selector":{"matchLabels":{"a":"b"}}}""", """{"selector":{"matchLabels":{"a":"b"}}}""")]
    [InlineData("""{"f:emptyDir":{}}""", """{"emptyDir":{}}""", """{"emptyDir":{}}""")]
    [InlineData("""{"f:resources":{}}""", """{"resources":{"limits":{"cpu":"1"}}}""", """{"resources":{}}""")]
    [InlineData("""{"f:nodeSelector":{},"f:env":{}}""", """{}""", """{"nodeSelector":null,"env":null}""")]
    [InlineData("""{"f:env":{}}""", """{"env":[{"name":"a","value":"somebody's"}]}""", """{"env":null}""")]
    [InlineData("""{"f:finalizers":{"v:\"b\"":{}}}""", """{"finalizers":["a","b"]}""", """{"finalizers":["b"]}""")]
    [InlineData("""{"f:env":{"k:{\"name\":\"b\"}":{".":{},"f:name":{},"f:value":{}},"k:{\"name\":\"a\"}":{".":{},"f:name":{}}}}""",
        """{"env":[{"name":"a","value":"1"},{"name":"x","value":"2"},{"name":"b","value":"3"}]}""", """{"env":[{"name":"a"},{"name":"b","value":"3"}]}""")]
    [InlineData("""{"f:ports":{"k:{\"containerPort\":8790,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{}}}}""",
        """{"ports":[{"containerPort":8790,"protocol":"UDP"},{"containerPort":8790,"protocol":"TCP","name":"w"}]}""", """{"ports":[{"containerPort":8790,"protocol":"TCP"}]}""")]
    [InlineData("""{"f:imagePullSecrets":{"k:{\"name\":\"s\"}":{}}}""", """{"imagePullSecrets":[{"name":"s"},{"name":"t"}]}""", """{"imagePullSecrets":[{"name":"s"}]}""")]
    public void Project_Set_GivesWhatItNames(string set, string live, string part) =>
        JsonNode.DeepEquals(OwnedFields.Project(Map(set), Map(live)), Map(part)).Should().BeTrue("it is {0}", OwnedFields.Project(Map(set), Map(live)).ToJsonString());

    [Theory]
    [InlineData("""{"f:a":{"f:b":{}}}""", """{}""", "/f:a")]
    [InlineData("""{"f:a":{"f:b":{}}}""", """{"a":7}""", "/f:a")]
    [InlineData("""{"f:env":{"k:{\"name\":\"b\"}":{".":{},"f:value":{}}}}""", """{"env":[]}""", "not in the live object")]
    [InlineData("""{"f:env":{"k:{\"name\":\"b\"}":{".":{},"f:value":{}}}}""", """{"env":[{"name":"b"},{"name":"b"}]}""", "more than once")]
    [InlineData("""{"f:finalizers":{"v:\"b\"":{}}}""", """{"finalizers":["a"]}""", "not in the live object")]
    [InlineData("""{"f:args":{"i:0":{}}}""", """{"args":["a"]}""", "i:0")]
    [InlineData("""{"f:env":{"k:not json":{".":{}}}}""", """{"env":[{"name":"b"}]}""", "k:not json")]
    [InlineData("""{"f:env":{"v:not json":{".":{}}}}""", """{"env":["b"]}""", "v:not json")]
    [InlineData("""{"f:a":{"k:{\"name\":\"b\"}":{".":{}}}}""", """{"a":{"name":"b"}}""", "does not name a field of a map")]
    public void Project_SetThatIsNotFoundForCertain_SaysWhat(string set, string live, string what) =>
        ((Action)(() => OwnedFields.Project(Map(set), Map(live)))).Should().Throw<UncertainOwnershipException>().Which.Message.Should().Contain(what);

    [Theory]
    [InlineData("""{"f:a":{}}""", """{"f:a":{}}""", "")]
    [InlineData("""{"f:a":{}}""", """{"f:b":{}}""", "/f:b")]
    [InlineData("""{"f:a":{"f:b":{}}}""", """{"f:a":{}}""", "/f:a")]
    [InlineData("""{"f:a":{".":{},"f:b":{}}}""", """{"f:a":{}}""", "")]
    [InlineData("""{"f:a":{}}""", """{"f:a":{".":{},"f:b":{}}}""", "/f:a/f:b")]
    public void Missing_TwoSets_GivesTheFieldsOfTheSecondOnly(string from, string set, string missing) =>
        string.Join(" ", OwnedFields.Missing(Map(from), Map(set))).Should().Be(missing);

    [Theory]
    [InlineData("""/f:ports/k:{"containerPort":8790,"protocol":"TCP"}/f:protocol""", true)]
    [InlineData("""/f:ports/k:{"containerPort":8790,"protocol":"TCP"}/f:name""", false)]
    [InlineData("/f:spec/f:replicas", false)]
    [InlineData("""/f:env/k:{"name":"a"}/f:valueFrom/f:name""", false)]
    public void IsKeyOfItem_Path_TellsWhatTheServerFillsIn(string path, bool isKey) => OwnedFields.IsKeyOfItem(path).Should().Be(isKey);

    private static JsonObject Map(string json) => (JsonObject)JsonNode.Parse(json)!;
}
