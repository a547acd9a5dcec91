using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

using DaskK8s.Testing;

namespace DaskK8s.PowerShell.Tests;

/// <summary>Ctrl-C: what runs ends soon, and nothing is left half-done.</summary>
public sealed class StopTests(ReleaseFixture fixture) : IClassFixture<ReleaseFixture>
{
    [Fact]
    public async Task Connect_ToAServerThatDoesNotAnswer_StopsAndConnectsNothing()
    {
        using Session session = new();
        using IDisposable silence = fixture.Cluster.Faults.AddHttp(new HttpFault { Delay = TimeSpan.FromMinutes(10) });

        await CtrlC.PressAsync(session, $"Connect-DaskCluster my-dask -Kubeconfig '{fixture.Kubeconfig}'", static shell => CtrlC.Shows(shell, "Connecting"));

        session.Run("Get-DaskCluster").Should().BeEmpty();
    }

    [Fact]
    public async Task Connect_ToSomethingThatAcceptsAndKeepsSilent_Stops()
    {
        using Session session = new();
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        string kubeconfig = WriteKubeconfig(((IPEndPoint)listener.LocalEndpoint).Port, "{}");

        await CtrlC.PressAsync(session, $"Connect-DaskCluster my-dask -Kubeconfig '{kubeconfig}'", _ => listener.Pending());

        session.Run("Get-DaskCluster").Should().BeEmpty();
        File.Delete(kubeconfig);
    }

    [Fact]
    public async Task Connect_WhileAProgramAsksForCredentials_StopsThatToo()
    {
        using Session session = new();
        string started = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        string kubeconfig = WriteKubeconfig(
            9, $"{{exec: {{apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: sh, args: ['-c', 'echo $$ > {started}.new; mv {started}.new {started}; exec sleep 600']}}}}");

        await CtrlC.PressAsync(session, $"Connect-DaskCluster my-dask -Kubeconfig '{kubeconfig}'", _ => File.Exists(started));

        int id = int.Parse(await File.ReadAllTextAsync(started, TestContext.Current.CancellationToken), CultureInfo.InvariantCulture);
        await Task.Run(() => SpinWait.SpinUntil(() => !IsRunning(id), TimeSpan.FromSeconds(30)), TestContext.Current.CancellationToken);
        IsRunning(id).Should().BeFalse();
        File.Delete(started);
        File.Delete(kubeconfig);
    }

    [Theory]
    [InlineData("Get-DaskCluster -Available -Kubeconfig $kubeconfig")]
    [InlineData("Get-DaskWorkerGroup")]
    [InlineData("Get-DaskWorkerGroup | Set-DaskWorkerGroup -Replicas 9 -Wait")]
    [InlineData("Set-DaskWorkerGroup gpu-workers -Replicas 9")]
    [InlineData("Wait-DaskWorker")]
    [InlineData("Get-DaskLog -Follow")]
    [InlineData("Get-DaskLog")]
    [InlineData("Test-DaskPermission")]
    public async Task AnyCommand_WhileTheServerKeepsSilent_StopsAndChangesNothing(string script)
    {
        using Session session = fixture.Connect();
        session.Runspace.SessionStateProxy.SetVariable("kubeconfig", fixture.Kubeconfig);
        (int? worker, int? gpu) = (await fixture.ReplicasAsync("my-dask-worker"), await fixture.ReplicasAsync("my-dask-worker-gpu-workers"));
        using (fixture.Cluster.Faults.AddHttp(new HttpFault { Delay = TimeSpan.FromMinutes(10) }))
        {
            fixture.Cluster.ClearRequests();

            await CtrlC.PressAsync(session, script, _ => fixture.Cluster.Requests.Count > 0);
        }

        (await fixture.ReplicasAsync("my-dask-worker")).Should().Be(worker);
        (await fixture.ReplicasAsync("my-dask-worker-gpu-workers")).Should().Be(gpu);
    }

    [Fact]
    public async Task Change_WhoseAnswerIsOutstanding_StopsAndIsMadeOnceOrNotAtAll()
    {
        using Session session = fixture.Connect();
        int? before = await fixture.ReplicasAsync("my-dask-worker-gpu-workers");
        using (fixture.Cluster.Faults.AddHttp(new HttpFault { Verb = "patch", Resource = "deployments", Delay = TimeSpan.FromMinutes(10) }))
        {
            fixture.Cluster.ClearRequests();

            await CtrlC.PressAsync(session, "Set-DaskWorkerGroup gpu-workers -Replicas 5", _ => fixture.Cluster.Requests.Any(static r => r.Verb == "patch"));
        }

        fixture.Cluster.Requests.Count(static r => r.Verb == "patch").Should().Be(1, "what was stopped is not tried again");
        (await fixture.ReplicasAsync("my-dask-worker-gpu-workers")).Should().Be(before);
    }

    [Fact]
    public async Task Pipeline_OfGroups_WhatIsNotBegunIsNotDone()
    {
        using Session session = fixture.Connect();
        using (fixture.Cluster.Faults.AddPods(PodFault.NeverReady))
        {
            await CtrlC.PressAsync(
                session,
                "$groups = Get-DaskWorkerGroup; $groups[1], $groups[0] | Set-DaskWorkerGroup -Replicas 6 -Wait -WarningAction SilentlyContinue",
                static shell => CtrlC.Shows(shell, "Waiting"));
        }

        (await fixture.ReplicasAsync("my-dask-worker-gpu-workers")).Should().Be(6);
        (await fixture.ReplicasAsync("my-dask-worker")).Should().Be(3);
        session.Run("Set-DaskWorkerGroup gpu-workers -Replicas 1 -Immediate -Wait -WarningAction SilentlyContinue");
    }

    [Fact]
    public async Task Wait_ForPodsThatDoNotComeUp_Stops()
    {
        using Session session = fixture.Connect();
        using IDisposable fault = fixture.Cluster.Faults.AddPods(PodFault.NeverReady);

        await CtrlC.PressAsync(session, "Wait-DaskWorker -NoFailFast -WarningAction SilentlyContinue", static shell => CtrlC.Shows(shell, "Waiting"));
    }

    [Fact]
    public async Task Log_Followed_StreamsUntilStopped()
    {
        using Session session = fixture.Connect();
        string pod = session.Run("(Get-DaskWorkerGroup worker).Pods[0].Name").Single()!.ToString();
        fixture.Cluster.Pods.AppendLog("default", pod, "first line");
        session.Run("Get-DaskLog worker -Tail 1 -Since 10m | ForEach-Object Text").Select(static l => l!.ToString()).Should().Contain("first line");
        bool isAppended = false;

        await CtrlC.PressAsync(session, "Get-DaskLog worker -Follow", (_, output) =>
        {
            if (!isAppended && output.Any(static l => l.Properties["Text"].Value is "first line"))
            {
                isAppended = true;
                fixture.Cluster.Pods.AppendLog("default", pod, "second line");
            }

            return output.Any(static l => l.Properties["Text"].Value is "second line");
        });
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
        using EndOnDispose ending = new(process);
        (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken)).Should().Be("waits");

        using (Process kill = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(CtrlC.Limit, TestContext.Current.CancellationToken);
        (await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).Should().NotContain("went on");
    }

    /// <summary>Ends a process that a test that failed would leave behind.</summary>
    private sealed class EndOnDispose(Process process) : IDisposable
    {
        public void Dispose()
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static string WriteKubeconfig(int port, string user)
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        File.WriteAllText(path, $$"""
            kind: Config
            current-context: a
            contexts: [{name: a, context: {cluster: a, user: a, namespace: default} }]
            clusters: [{name: a, cluster: {server: 'http://127.0.0.1:{{port}}'} }]
            users: [{name: a, user: {{user}}}]
            """);
        return path;
    }

    private static bool IsRunning(int id)
    {
        try
        {
            using Process process = Process.GetProcessById(id);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
