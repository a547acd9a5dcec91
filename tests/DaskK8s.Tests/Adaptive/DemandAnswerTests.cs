using System.Text.Json;

using DaskK8s.Adaptive;

namespace DaskK8s.Tests.Adaptive;

/// <summary>Answers about the demand that cannot be right are errors, never numbers.</summary>
public sealed class DemandAnswerTests
{
    private const string Requirement = """{"resources":{"GPU":1},"bound":false,"waiting":3,"processing":1,"seconds":2.5}""";
    private const string Kind = """{"resources":{},"threads":2,"workers":1,"bytes":10,"limit":100}""";

    [Fact]
    public void Decode_ProperAnswer_IsTheDemand()
    {
        DemandSnapshot demand = Decode($$"""{"requirements":[{{Requirement}}],"kinds":[{{Kind}}]}""");

        demand.Requirements.Should().ContainSingle().Which.Tasks.Should().Be(4);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("{}")]
    [InlineData("{\"requirements\":[]}")]
    [InlineData("{\"requirements\":{},\"kinds\":[]}")]
    [InlineData("{\"requirements\":[7],\"kinds\":[]}")]
    [InlineData("{\"requirements\":[null],\"kinds\":[]}")]
    public void Decode_AnswerOfAnotherShape_ThrowsProtocolError(string answer)
    {
        Action decode = () => Decode(answer);

        decode.Should().Throw<DaskProtocolException>();
    }

    [Theory]
    [InlineData("\"waiting\":3", "\"waiting\":3.5")]
    [InlineData("\"waiting\":3", "\"waiting\":-3")]
    [InlineData("\"waiting\":3", "\"waiting\":\"NaN\"")]
    [InlineData("\"waiting\":3", "\"waiting\":99999999999")]
    [InlineData("\"waiting\":3,", "")]
    [InlineData("\"bound\":false", "\"bound\":0")]
    [InlineData("\"seconds\":2.5", "\"seconds\":1e999")]
    [InlineData("\"seconds\":2.5", "\"seconds\":-1")]
    [InlineData("\"seconds\":2.5", "\"seconds\":null")]
    [InlineData("\"GPU\":1", "\"GPU\":\"one\"")]
    [InlineData("\"GPU\":1", "\"GPU\":-1")]
    [InlineData("\"threads\":2", "\"threads\":-2")]
    [InlineData("\"workers\":1", "\"workers\":1e3")]
    [InlineData("\"limit\":100", "\"limit\":0.5")]
    [InlineData("\"limit\":100", "\"limit\":-100")]
    [InlineData("\"bytes\":10", "\"bytes\":-10")]
    public void Decode_FieldThatCannotBeRight_ThrowsProtocolError(string field, string odd)
    {
        Action decode = () => Decode($$"""{"requirements":[{{Requirement}}],"kinds":[{{Kind}}]}""".Replace(field, odd));

        decode.Should().Throw<DaskProtocolException>();
    }

    private static DemandSnapshot Decode(string answer)
    {
        using JsonDocument document = JsonDocument.Parse(answer);
        return DemandReader.Decode(document.RootElement);
    }
}
