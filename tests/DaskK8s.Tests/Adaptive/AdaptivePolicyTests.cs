using DaskK8s.Adaptive;

using Microsoft.Extensions.Time.Testing;

namespace DaskK8s.Tests.Adaptive;

public sealed class AdaptivePolicyTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Decide_DemandAboveTheMaximum_GrowsToTheMaximumAtOnce()
    {
        AdaptivePolicy policy = Policy(new AdaptiveRange(0, 20));

        policy.Decide(Seen(50, 3)).Should().Be((AdaptiveAction.Grow, 20, "the work requires 50, cut to the maximum of 20"));
    }

    [Fact]
    public void Decide_DemandLower_WaitsForTheCountThenLeavesByShares()
    {
        AdaptivePolicy policy = Policy(new AdaptiveRange(1, 20));

        policy.Decide(Seen(1, 10)).Action.Should().Be(AdaptiveAction.Hold);
        policy.Decide(Seen(1, 10)).Action.Should().Be(AdaptiveAction.Hold);
        policy.Decide(Seen(1, 10)).Should().Be((AdaptiveAction.Shrink, 5, "the work requires 1; at most 5 leave at once"));
    }

    [Fact]
    public void Decide_DemandFlickers_NeverShrinks()
    {
        AdaptivePolicy policy = Policy(new AdaptiveRange(0, 20));
        for (int i = 0; i < 50; i++)
        {
            policy.Decide(Seen(i % 3 == 2 ? 10 : 1, 10)).Action.Should().Be(AdaptiveAction.Hold);
        }
    }

    [Fact]
    public void Decide_JustGrown_CoolsDownFirst()
    {
        AdaptivePolicy policy = Policy(new AdaptiveRange(0, 20));
        policy.Decide(Seen(10, 2)).Action.Should().Be(AdaptiveAction.Grow);
        for (int i = 0; i < 11; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            policy.Decide(Seen(0, 10)).Reason.Should().Contain("grew less than 60 s ago");
        }

        _time.Advance(TimeSpan.FromSeconds(5));
        policy.Decide(Seen(0, 10)).Action.Should().Be(AdaptiveAction.Shrink);
    }

    [Fact]
    public void Decide_PodsFindNoNode_StopsGrowingAndSaysWhy()
    {
        AdaptivePolicy policy = Policy(new AdaptiveRange(0, 20));

        policy.Decide(Seen(10, 5) with { Ready = 3, Unschedulable = "0/1 nodes: Insufficient nvidia.com/gpu" })
            .Should().Be((AdaptiveAction.Hold, 5, "does not grow while its pods cannot be scheduled: 0/1 nodes: Insufficient nvidia.com/gpu"));
    }

    [Fact]
    public void Decide_IdleLongEnough_GoesToTheMinimumAtOnce()
    {
        AdaptivePolicy policy = new(new AdaptiveRange(1, 20), new AdaptiveOptions { IdleTimeout = TimeSpan.FromMinutes(10) }, _time);

        policy.Decide(Seen(4, 12) with { IdleFor = TimeSpan.FromMinutes(10) }).Should().Be((AdaptiveAction.Shrink, 1, "nothing has run for 600 s"));
    }

    private static GroupObservation Seen(int demand, int replicas) => new(demand, replicas, replicas, null, TimeSpan.Zero);

    private AdaptivePolicy Policy(AdaptiveRange range) => new(range, new AdaptiveOptions(), _time);
}
