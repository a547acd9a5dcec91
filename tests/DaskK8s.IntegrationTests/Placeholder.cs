namespace DaskK8s.IntegrationTests;

public sealed class Placeholder
{
    [Fact]
    public void Addition_OfOneAndOne_GivesTwo() => (1 + 1).Should().Be(2);
}
