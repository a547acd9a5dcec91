using DaskK8s.Dask.Tasks;

using Microsoft.Extensions.Time.Testing;

namespace DaskK8s.Tests.Dask.Tasks;

public sealed class PatienceTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider _time = new();
    private readonly TaskEntry _task = new("add-1", new TaskOptions());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CheckAsync_TaskIsFreedAndStuckAgain_CountsAnew()
    {
        Patience patience = new(Minute, _time, static _ => throw new InvalidOperationException("nobody asks"));
        _task.Set(DaskFutureStatus.NoWorker);
        (await patience.CheckAsync([_task], Token)).Should().BeNull();
        _time.Advance(Minute * 0.9);
        _task.Set(DaskFutureStatus.Pending);
        _task.Set(DaskFutureStatus.NoWorker);

        TaskEntry? second = await patience.CheckAsync([_task], Token);
        _time.Advance(Minute * 0.9);
        TaskEntry? later = await patience.CheckAsync([_task], Token);
        _time.Advance(Minute * 0.2);
        TaskEntry? after = await patience.CheckAsync([_task], Token);

        second.Should().BeNull();
        later.Should().BeNull();
        after.Should().BeSameAs(_task);
    }

    [Fact]
    public async Task CheckAsync_WorkersThatNeverCome_EndsAfterFiveMinutesAndAsksSeldom()
    {
        int looks = 0;
        GroupWorkers coming = new("gpu-workers", [], WorkerInfo.NoResources, Coming: true);
        Patience patience = new(null, _time, _ =>
        {
            looks++;
            return Task.FromResult<WorkerOutlook?>(new WorkerOutlook([], [coming], static _ => null));
        });
        _task.Set(DaskFutureStatus.NoWorker);
        long start = _time.GetTimestamp();

        while (await patience.CheckAsync([_task], Token) is null)
        {
            _time.Advance(Patience.Tick);
        }

        _time.GetElapsedTime(start).Should().BeCloseTo(TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(1));
        looks.Should().BeInRange(50, 80);
    }

    [Fact]
    public async Task CheckAsync_OutlookCannotBeRead_TellsAtFirstAndGoesOnLater()
    {
        WorkerOutlook? outlook = null;
        GroupWorkers coming = new("worker", [], WorkerInfo.NoResources, Coming: true);
        Patience patience = new(null, _time, _ => Task.FromResult(outlook));
        _task.Set(DaskFutureStatus.NoWorker);
        (await patience.CheckAsync([_task], Token)).Should().BeSameAs(_task);
        Patience other = new(null, _time, _ => Task.FromResult(outlook));
        outlook = new WorkerOutlook([], [coming], static _ => null);
        (await other.CheckAsync([_task], Token)).Should().BeNull();

        outlook = null;
        _time.Advance(TimeSpan.FromSeconds(10));

        (await other.CheckAsync([_task], Token)).Should().BeNull();
    }

    [Theory]
    [InlineData("running", true)]
    [InlineData("paused", false)]
    [InlineData("closing_gracefully", false)]
    public void MayRun_WorkerIsThere_OnlyWhereItTakesTasks(string status, bool expected)
    {
        WorkerInfo worker = new() { Address = "tcp://10.0.0.1:1", Name = "a", Host = "10.0.0.1", Status = status };

        new WorkerOutlook([worker], [], static _ => null).MayRun(_task).Should().Be(expected);
    }

    [Fact]
    public void MayRun_DependencyIsHopeless_SoIsTheTask()
    {
        GroupWorkers coming = new("worker", [], WorkerInfo.NoResources, Coming: true);
        TaskEntry root = new("root", new TaskOptions { Resources = new Dictionary<string, double> { ["TPU"] = 1 } });
        TaskEntry middle = new("middle", new TaskOptions()) { Needs = ["root"] };
        TaskEntry leaf = new("leaf", new TaskOptions()) { Needs = ["middle", "gone"] };
        Dictionary<string, TaskEntry> all = new() { ["root"] = root, ["middle"] = middle };
        root.Set(DaskFutureStatus.NoWorker);
        middle.Set(DaskFutureStatus.NoWorker);
        WorkerOutlook outlook = new([], [coming], all.GetValueOrDefault);

        outlook.MayRun(leaf).Should().BeFalse();
        outlook.MayRun(middle).Should().BeFalse("asked again it is no better");
        outlook.MayRun(new TaskEntry("alone", new TaskOptions())).Should().BeTrue();
    }
}
