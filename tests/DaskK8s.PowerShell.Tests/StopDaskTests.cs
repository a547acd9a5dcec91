using System.Management.Automation;

using DaskK8s.Testing;

using Shell = System.Management.Automation.PowerShell;

namespace DaskK8s.PowerShell.Tests;

/// <summary>Ctrl-C, with Dask in the pods: what runs ends soon, and the scheduler and its workers are as before.</summary>
[Collection(DaskCollection.Name)]
public sealed class StopDaskTests(DaskFixture fixture) : IClassFixture<DaskFixture>
{
    [Fact]
    public async Task Python_ThatWaits_ItsTaskIsTakenAway()
    {
        using Session session = fixture.Connect();

        // It prints on while it is stopped, to a pipeline that takes no more.
        await CtrlC.PressAsync(
            session,
            """
            Invoke-DaskPython '
            import distributed
            for _ in range(200):
                print(1, flush=True)
                if distributed.Event("over").wait(0.1): break
            '
            """,
            static shell => shell.Streams.Information.Count > 0);

        session.Run("""
            Invoke-DaskPython '
            import time
            from distributed import get_worker
            me = get_worker().get_current_task()
            def others():
                keys = client.run_on_scheduler(lambda dask_scheduler: list(dask_scheduler.tasks))
                return [k for k in keys if k.startswith("script-") and k != me]
            end = time.time() + 10
            while others() and time.time() < end:
                time.sleep(0.05)
            str(others())
            '
            """).Single()!.ToString().Should().Be("[]", "the scheduler forgets the program long before it would end");
        session.Run("$null = Invoke-DaskPython 'import distributed; distributed.Event(\"over\").set()'");
    }

    [Fact]
    public async Task Shrink_ThatWaitsForAWorkersTask_GivesTheWorkerBack()
    {
        using Session session = fixture.Connect();
        using Session working = fixture.Connect();
        using Shell busy = working.Start("Invoke-DaskPython 'import distributed; print(1, flush=True); distributed.Event(\"done\").wait(120)' -WorkerGroup gpu-workers");
        IAsyncResult running = busy.BeginInvoke();

        await CtrlC.PressAsync(
            session, "Set-DaskWorkerGroup gpu-workers -Replicas 0", shell => busy.Streams.Information.Count > 0 && CtrlC.Shows(shell, "Scaling gpu-workers"));

        session.Run("(Get-DaskWorkerGroup gpu-workers).Desired").Single()!.BaseObject.Should().Be(1);
        session.Run("$null = Invoke-DaskPython 'import distributed; distributed.Event(\"done\").set()'");
        busy.EndInvoke(running).Single().BaseObject.Should().Be(true);
        session.Run("Invoke-DaskPython '1' -WorkerGroup gpu-workers").Single()!.BaseObject.Should().Be(1L, "the worker takes work again");
    }

    [Fact]
    public async Task StartAdaptive_WhileTheServerKeepsSilent_NothingIsStarted()
    {
        using Session session = fixture.Connect();
        using (fixture.Cluster.Faults.AddHttp(new HttpFault { Verb = "list", Delay = TimeSpan.FromMinutes(10) }))
        {
            fixture.Cluster.ClearRequests();

            await CtrlC.PressAsync(session, "Start-DaskAdaptive -Maximum 9", _ => fixture.Cluster.Requests.Any(static r => r.Verb == "list"));
        }

        session.Run("Get-DaskAdaptive").Should().BeEmpty();
        fixture.Cluster.Requests.Should().NotContain(static r => r.Resource == "leases" || r.Verb == "patch");
    }

    [Theory]
    [InlineData("Get-DaskWorker", null)]
    [InlineData("Invoke-DaskPython '1'", "Running Python")]
    [InlineData("Wait-DaskWorker", "Waiting")]
    [InlineData("Set-DaskWorkerGroup gpu-workers -Replicas 0", "Scaling gpu-workers")]
    public async Task AnyCommand_WhileTheSchedulerIsNotReached_StopsAndChangesNothing(string script, string? activity)
    {
        using Session session = fixture.Connect();
        using (fixture.Cluster.Faults.AddHttp(new HttpFault { Resource = "pods/portforward", Delay = TimeSpan.FromMinutes(10) }))
        {
            fixture.Cluster.Faults.CutPortForwards();
            fixture.Cluster.ClearRequests();

            await CtrlC.PressAsync(session, script, shell =>
                fixture.Cluster.Requests.Any(static r => r.Resource == "pods/portforward") && (activity is null || CtrlC.Shows(shell, activity)));
        }

        session.Run("(Get-DaskWorkerGroup gpu-workers).Desired").Single()!.BaseObject.Should().Be(1);
    }
}
