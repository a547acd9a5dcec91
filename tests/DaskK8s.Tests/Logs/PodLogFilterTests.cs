namespace DaskK8s.Tests.Logs;

public sealed class PodLogFilterTests
{
    public static TheoryData<PodLogFilter> Wrong =>
    [
        new PodLogFilter { Previous = true, Follow = true },
        new PodLogFilter { WorkerGroup = "g", Component = PodComponent.Scheduler },
        new PodLogFilter { WorkerGroup = " " },
        new PodLogFilter { PodName = "" },
        new PodLogFilter { TailLines = -1 },
        new PodLogFilter { Since = TimeSpan.Zero },
        new PodLogFilter { Since = TimeSpan.FromDays(40_000) },
        new PodLogFilter { Component = (PodComponent)99 },
        new PodLogFilter { MaxCharactersPerPod = 0 },
    ];

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Validate_ContradictionOrAbsurdity_IsTheCallersMistake(PodLogFilter filter) =>
        filter.Invoking(static f => f.Validate()).Should().Throw<ArgumentException>();

    [Fact]
    public void Validate_Defaults_AreFine() => new PodLogFilter().Validate();
}
