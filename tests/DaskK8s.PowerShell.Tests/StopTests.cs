using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;

using DaskK8s.Testing;

using Shell = System.Management.Automation.PowerShell;

namespace DaskK8s.PowerShell.Tests;

/// <summary>Ctrl-C: what runs ends, and nothing is left half-done. How long it takes is for the benchmark.</summary>
public sealed class StopTests(ReleaseFixture fixture) : IClassFixture<ReleaseFixture>
{
    // Far below what any of these commands would take by itself.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Connect_ToAServerThatDoesNotAnswer_StopsAndConnectsNothing()
    {
        using Session session = new();
        using IDisposable hanging = fixture.Cluster.Faults.AddHttp(new HttpFault { Delay = TimeSpan.FromMinutes(10) });
        fixture.Cluster.ClearRequests();

        PSInvocationState state = await StopAsync(
            session, $"Connect-DaskCluster my-dask -Kubeconfig '{fixture.Kubeconfig}'; 'went on'", shell => shell.Streams.Progress.Any(static p => p.Activity == "Connecting"));

        state.Should().Be(PSInvocationState.Stopped);
        session.Run("Get-DaskCluster").Should().BeEmpty();
    }

    [Fact]
    public async Task Pipeline_OfGroups_WhatIsNotBegunIsNotDone()
    {
        using Session session = fixture.Connect();

        PSInvocationState state = await StopAsync(
            session,
            "$groups = Get-DaskWorkerGroup; $groups[1], $groups[0] | Set-DaskWorkerGroup -Replicas 40 -Wait -WarningAction SilentlyContinue; 'went on'",
            shell => shell.Streams.Progress.Any(static p => p.Activity.StartsWith("Waiting", StringComparison.Ordinal)));

        state.Should().Be(PSInvocationState.Stopped);
        (await fixture.ReplicasAsync("my-dask-worker-gpu-workers")).Should().Be(40);
        (await fixture.ReplicasAsync("my-dask-worker")).Should().Be(3);
        session.Run("Set-DaskWorkerGroup gpu-workers -Replicas 1 -Immediate -Wait -WarningAction SilentlyContinue");
    }

    [Fact]
    public async Task Log_Followed_StreamsUntilStopped()
    {
        using Session session = fixture.Connect();
        string pod = session.Run("(Get-DaskWorkerGroup worker).Pods[0].Name").Single()!.ToString();
        fixture.Cluster.Pods.AppendLog("default", pod, "first line");
        session.Run("Get-DaskLog worker -Tail 1 -Since 10m | ForEach-Object Text").Select(static l => l!.ToString()).Should().Contain("first line");
        bool isAppended = false;

        PSInvocationState state = await StopAsync(session, "Get-DaskLog worker -Follow", (_, output) =>
        {
            if (!isAppended && output.Any(static l => l.Properties["Text"].Value is "first line"))
            {
                isAppended = true;
                fixture.Cluster.Pods.AppendLog("default", pod, "second line");
            }

            return output.Any(static l => l.Properties["Text"].Value is "second line");
        });

        state.Should().Be(PSInvocationState.Stopped);
    }

    [Fact]
    public async Task Log_FollowedByAPipelineThatHasEnough_Ends()
    {
        using Session session = fixture.Connect();
        string pod = session.Run("(Get-DaskWorkerGroup worker).Pods[0].Name").Single()!.ToString();
        fixture.Cluster.Pods.AppendLog("default", pod, "enough");
        using Pwsh pwsh = new();

        string[] lines = await pwsh.RunScriptAsync(
            $"Import-Module '{Places.Manifest}'; $null = Connect-DaskCluster my-dask -Kubeconfig '{fixture.Kubeconfig}' -SchedulerAccess None -WarningAction SilentlyContinue; (Get-DaskLog worker -Follow | Select-Object -First 1).Text");

        lines.Should().ContainSingle();
    }

    [Fact]
    public async Task Interrupt_OfPowerShellItself_EndsIt()
    {
        using Pwsh pwsh = new();
        using Process process = pwsh.Start(
            "-Command",
            $"Import-Module '{Places.Manifest}'; $null = Connect-DaskCluster my-dask -Kubeconfig '{fixture.Kubeconfig}' -SchedulerAccess None -WarningAction SilentlyContinue; 'waits'; Get-DaskLog worker -Follow -Tail 0; 'went on'");
        (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken)).Should().Be("waits");

        using (Process kill = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Limit, TestContext.Current.CancellationToken);
        (await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).Should().NotContain("went on");
    }

    /// <summary>Stops a script when it has come to a point.</summary>
    internal static Task<PSInvocationState> StopAsync(Session session, string script, Func<Shell, bool> at) => StopAsync(session, script, (shell, _) => at(shell));

    private static async Task<PSInvocationState> StopAsync(Session session, string script, Func<Shell, PSDataCollection<PSObject>, bool> at)
    {
        using Shell shell = session.Start(script);
        PSDataCollection<PSObject> output = [];
        shell.BeginInvoke<PSObject, PSObject>(null, output);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (!at(shell, output))
        {
            await Task.Delay(20, limit.Token);
        }

        await Task.Run(shell.Stop).WaitAsync(Limit, TestContext.Current.CancellationToken);
        output.Should().NotContain(static o => o.BaseObject is string);
        return shell.InvocationStateInfo.State;
    }
}
