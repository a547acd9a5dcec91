using System.Management.Automation;

namespace DaskK8s.PowerShell.Tests;

/// <summary>Adaptive scaling from a session, with Dask in the pods.</summary>
[Collection(DaskCollection.Name)]
public sealed class AdaptiveTests(DaskFixture fixture) : IClassFixture<DaskFixture>
{
    [Fact]
    public void Start_WorkForGpus_GrowsThatGroup_StopLeavesIt()
    {
        using Session session = fixture.Connect();

        // The program itself waits for two tasks that run at once only where there are two GPU workers.
        session.Run("""
            $adaptive = Get-DaskWorkerGroup | Where-Object GpuCount -gt 0 | Start-DaskAdaptive -Minimum 1 -Maximum 2 -Interval 0.2s -TargetDuration 0.2s
            Invoke-DaskPython '
            import time, distributed
            from distributed import Event
            def work(i):
                distributed.Event(f"there-{i}").set()
                return distributed.Event(f"there-{1 - i}").wait(120)
            sum(client.gather([client.submit(work, i, resources=dict(GPU=1), key=f"pair-{i}", pure=False) for i in (0, 1)]))
            '
            """).Single()!.BaseObject.Should().Be(2L);

        session.Run("$adaptive.State").Single()!.ToString().Should().Be("Active");
        session.Run("$adaptive.Decisions | Where-Object Action -eq Grow | ForEach-Object WorkerGroup").Should().AllSatisfy(static g => g!.ToString().Should().Be("gpu-workers"));
        session.Fail("Start-DaskAdaptive -Maximum 3").FullyQualifiedErrorId.Should().StartWith("AlreadyAdaptive,");
        session.Run("(Get-DaskAdaptive | Stop-DaskAdaptive -PassThru).State").Single()!.ToString().Should().Be("Stopped");
        session.Run("Get-DaskAdaptive").Should().BeEmpty();
        session.Run("(Get-DaskWorkerGroup gpu-workers).Desired").Single()!.BaseObject.Should().Be(2);
        ErrorRecord error = session.Fail("Stop-DaskAdaptive");
        error.CategoryInfo.Category.Should().Be(ErrorCategory.ObjectNotFound);
        error.ErrorDetails.RecommendedAction.Should().Contain("Get-DaskAdaptive");
        session.Run("Set-DaskWorkerGroup gpu-workers -Replicas 1 -Wait");
    }

    [Fact]
    public void Start_Ranges_EndWithTheConnection()
    {
        using Session session = fixture.Connect();

        session.Run("$adaptive = Start-DaskAdaptive -Range @{ worker = 3, 5; 'gpu-workers' = 1, 2 } -Interval 1s; $adaptive.Groups['worker'].Maximum").Single()!.BaseObject.Should().Be(5);
        session.Run("Disconnect-DaskCluster; $adaptive.State").Single()!.ToString().Should().Be("Stopped");
    }

    [Fact]
    public void Start_Returns_WithTheFirstDecision()
    {
        using Session session = fixture.Connect();

        string[] first = [.. session.Run("$adaptive = Start-DaskAdaptive -Minimum 1 -Maximum 3 -Interval 1h; $adaptive.Decisions | ForEach-Object ToString; $adaptive.State").Select(static o => o!.ToString())];

        first.Should().HaveCountGreaterThan(1, "a decision was made when the command returned");
        first[0].Should().MatchRegex(@" worker: \w+ 3 -> \d ");
        first[^1].Should().Be("Active");
        session.Run("Stop-DaskAdaptive");
    }

    [Theory]
    [InlineData("Start-DaskAdaptive -Range @{ worker = 3 }", "Argument,")]
    [InlineData("Start-DaskAdaptive -Range @{ worker = 3, 1 }", "ArgumentOutOfRange,")]
    [InlineData("Start-DaskAdaptive -Range @{ nothing = 3, 1 }", "WorkerGroupNotFound,")]
    [InlineData("Start-DaskAdaptive nothing -Maximum 2", "WorkerGroupNotFound,")]
    public void Start_NoSense_IsAnErrorThatSaysWhatToDo(string script, string id)
    {
        using Session session = fixture.Connect();

        ErrorRecord error = session.Fail(script);

        error.FullyQualifiedErrorId.Should().StartWith(id);
        error.ErrorDetails.RecommendedAction.Should().NotBeNullOrEmpty();
        session.Run("Get-DaskAdaptive").Should().BeEmpty();
    }
}
