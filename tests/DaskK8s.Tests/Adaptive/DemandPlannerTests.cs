using DaskK8s.Adaptive;

namespace DaskK8s.Tests.Adaptive;

public sealed class DemandPlannerTests
{
    private static readonly Dictionary<string, double> None = [];
    private static readonly Dictionary<string, double> Gpu = new() { ["GPU"] = 1 };

    private static readonly GroupShape Cpu = new("worker", None, 2, 1, 1000, new AdaptiveRange(0, 20), true);
    private static readonly GroupShape GpuGroup = new("gpu", Gpu, 2, 1, 1000, new AdaptiveRange(0, 4), false);

    [Fact]
    public void Plan_OneTaskThatOnlyTheGpuGroupCanRun_AsksForOneOfIt() =>
        Plan([new TaskRequirement(Gpu, false, 1, 0, 0.5)]).Should().BeEquivalentTo(new Dictionary<string, int> { ["worker"] = 0, ["gpu"] = 1 });

    [Fact]
    public void Plan_PlainTasks_CountForThePlainGroupOnly() =>
        Plan([new TaskRequirement(None, false, 200, 0, 1200)]).Should().BeEquivalentTo(new Dictionary<string, int> { ["worker"] = 20, ["gpu"] = 0 });

    [Fact]
    public void Plan_FewLongTasks_AskForNoMoreThanThereAre() =>
        Plan([new TaskRequirement(None, false, 3, 0, 36_000)])["worker"].Should().Be(2);

    [Fact]
    public void Plan_TwoGpusATask_HalvesWhatAPodRuns()
    {
        GroupShape wide = GpuGroup with { Resources = new Dictionary<string, double> { ["GPU"] = 4 }, Threads = 8 };

        DemandPlanner.Plan(Snapshot([new TaskRequirement(new Dictionary<string, double> { ["GPU"] = 2 }, false, 8, 0, 8000)]), [Cpu, wide], TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30), 0.6)["gpu"]
            .Should().Be(4);
    }

    [Fact]
    public void Plan_TwoGroupsOffer_FillsTheFirstThenTheOther()
    {
        GroupShape more = GpuGroup with { Name = "gpu-big", Resources = new Dictionary<string, double> { ["GPU"] = 1, ["BIG"] = 1 }, Range = new AdaptiveRange(0, 10) };

        DemandPlanner.Plan(Snapshot([new TaskRequirement(Gpu, false, 6, 0, 6000)]), [Cpu, more, GpuGroup], TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30), 0.6)
            .Should().BeEquivalentTo(new Dictionary<string, int> { ["worker"] = 0, ["gpu"] = 4, ["gpu-big"] = 2 });
    }

    [Fact]
    public void Plan_ReadyWorkersGetOnWithIt_NewOnesAreForWhatWillBeLeft()
    {
        TaskRequirement[] work = [new TaskRequirement(None, false, 600, 0, 600)];

        // 600 s of work are 20 threads for 30 s; 8 threads do 240 s of them while others start.
        Plan(work)["worker"].Should().Be(10);
        DemandPlanner.Plan(Snapshot(work), [Cpu with { Replicas = 4, Ready = 4 }, GpuGroup], TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30), 0.6)["worker"].Should().Be(6);
        DemandPlanner.Plan(Snapshot(work), [Cpu with { Replicas = 7, Ready = 7 }, GpuGroup], TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30), 0.6)["worker"].Should().Be(7);
    }

    [Fact]
    public void Plan_TasksBoundToWorkersByName_BringNone() =>
        Plan([new TaskRequirement(None, true, 100, 0, 1000)])["worker"].Should().Be(0);

    [Fact]
    public void Plan_TasksThatNobodyOffersFor_BringNone() =>
        Plan([new TaskRequirement(new Dictionary<string, double> { ["TPU"] = 1 }, false, 5, 0, 10)]).Values.Should().OnlyContain(static v => v == 0);

    [Fact]
    public void Plan_WorkersFullOfResults_AsksForMoreOfTheirKind() =>
        DemandPlanner.Plan(new DemandSnapshot([], [new WorkerKind(None, 2, 4, 3600, 4000)]), [Cpu, GpuGroup], TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30), 0.6)["worker"]
            .Should().Be(6);

    [Fact]
    public void Plan_ResultsOnGpuWorkersOnly_KeepAPlaceInThePlainGroup() =>
        DemandPlanner.Plan(new DemandSnapshot([], [new WorkerKind(Gpu, 2, 2, 700, 2000)]), [Cpu, GpuGroup], TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30), 0.6)
            .Should().BeEquivalentTo(new Dictionary<string, int> { ["worker"] = 2, ["gpu"] = 0 });

    private static IReadOnlyDictionary<string, int> Plan(TaskRequirement[] requirements) =>
        DemandPlanner.Plan(Snapshot(requirements), [Cpu, GpuGroup], TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30), 0.6);

    private static DemandSnapshot Snapshot(TaskRequirement[] requirements) => new(requirements, []);
}
