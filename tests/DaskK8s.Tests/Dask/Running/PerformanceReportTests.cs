using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Dask.Running;

/// <summary>Dask's performance report. Debian has no Bokeh, so that what draws is a stand-in here; what it is told and what it is drawn from are Dask's own.</summary>
public sealed class PerformanceReportTests
{
    private const string FindBokeh = "def find():\n    import importlib.util\n    return importlib.util.find_spec('bokeh') is not None\n";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task GetPerformanceReportAsync_SchedulerWithoutBokeh_SaysWhatToInstallBeforeTheWork()
    {
        await using DaskProcess scheduler = await DaskProcess.StartSchedulerAsync();
        await using DaskClient client = await DaskClient.ConnectAsync(scheduler.Address, null, Token);
        Assert.SkipWhen(await client.RunOnSchedulerAsync<bool>(PythonFunction.FromSource(FindBokeh, "find"), cancellationToken: Token), "This Dask has Bokeh.");
        bool worked = false;

        Func<Task> report = () => client.GetPerformanceReportAsync(
            _ =>
            {
                worked = true;
                return Task.CompletedTask;
            },
            Token);

        (await report.Should().ThrowAsync<DaskRpcException>()).WithMessage("*cannot draw performance reports*No module named 'bokeh'*Add the Python package 'bokeh'*");
        worked.Should().BeFalse();
    }

    [Fact]
    public async Task GetPerformanceReportAsync_Work_IsTheSpanOfTheReport()
    {
        await using DaskProcess scheduler = await DaskProcess.StartSchedulerAsync();
        await using DaskProcess worker = await DaskProcess.StartWorkerAsync(scheduler.Address, "first");
        await using DaskClient client = await DaskClient.ConnectAsync(scheduler.Address, null, Token);
        await StandInAsync(client, "return '<html>%d %s</html>' % (len(scheduler.get_task_stream(start=start)), last_count <= scheduler.monitor.count)");
        await NegateAsync(client, 3);

        string report = await client.GetPerformanceReportAsync(_ => NegateAsync(client, 5), Token);

        report.Should().Be("<html>5 True</html>", "tasks that ended before are not in it");
    }

    [Fact]
    public async Task GetPerformanceReportAsync_DrawingFails_ThrowsWhatItRaised()
    {
        await using DaskProcess scheduler = await DaskProcess.StartSchedulerAsync();
        await using DaskClient client = await DaskClient.ConnectAsync(scheduler.Address, null, Token);
        await StandInAsync(client, "raise RuntimeError('no ink')");

        Func<Task> report = () => client.GetPerformanceReportAsync(static _ => Task.CompletedTask, Token);

        (await report.Should().ThrowAsync<DaskRpcException>()).WithMessage("*no ink*");
    }

    /// <summary>Puts what draws in the place of Dask's own handler, with its parameters.</summary>
    private static Task StandInAsync(DaskClient client, string body) => client.RunOnSchedulerAsync<object?>(
        PythonFunction.FromSource(
            $"""
            def stand_in(dask_scheduler):
                import inspect, sys, types
                sys.modules.setdefault("distributed.dashboard.components.scheduler", types.ModuleType("scheduler"))
                scheduler = dask_scheduler
                async def performance_report(start, last_count, code="", mode=None):
                    {body}
                assert inspect.signature(performance_report).parameters.keys() == inspect.signature(scheduler.handlers["performance_report"]).parameters.keys()
                scheduler.handlers["performance_report"] = performance_report
            """,
            "stand_in"),
        cancellationToken: Token);

    private static async Task NegateAsync(DaskClient client, int count)
    {
        // Numbers of its own: equal calls share a key, and are not computed again as long as the scheduler remembers them.
        using DaskFutureList<int> futures = await client.MapAsync<int>(PythonFunction.FromName("operator", "neg"), Enumerable.Range(100 * count, count), null, Token);
        await client.GatherAsync(futures, progress: null, Token);
    }
}
