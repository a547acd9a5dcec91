using DaskK8s.Testing;
using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.Cluster;
using DaskK8s.Tests.Rigs.Dask;

using k8s;
using k8s.Models;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DaskK8s.Tests.Hosting;

/// <summary>Runs adaptive scaling as a hosted service in a Generic Host, against real Dask on an embedded cluster.</summary>
public sealed class HostedAdaptiveScalingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Host_TasksWait_GrowsTheGroupShrinksItAndStopsCleanly()
    {
        await using DaskRig rig = await DaskRig.StartAsync(new DaskRelease { Workers = 1 }, Token);
        LogCollector log = new();
        using IHost host = Build(rig.Kubernetes, log, (1, 3));

        await host.StartAsync(Token);
        await WorkAsync(rig);
        await host.StopAsync(Token);

        log.Lines.Should().Contain(static l => l.StartsWith("Information 7001 Adaptive: Grow group worker from 1"))
            .And.Contain(static l => l.StartsWith("Information 7006 Adaptive: took the lease"))
            .And.Contain(static l => l.StartsWith("Information 7008 Adaptive: ended"));
        (await rig.StatusesAsync(Token)).Should().Contain("running");
        (await LeaseAsync(rig.Kubernetes)).Spec.HolderIdentity.Should().BeEmpty("it was given back");
        (await rig.Load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 60, "[]"));
    }

    [Fact]
    public async Task Host_Second_WaitsAndTakesOverWhenTheFirstStops()
    {
        await using DaskRig rig = await DaskRig.StartAsync(new DaskRelease { Workers = 1 }, Token);
        LogCollector firstLog = new();
        LogCollector secondLog = new();
        using IHost first = Build(rig.Kubernetes, firstLog, (1, 1));
        using IHost second = Build(rig.Kubernetes, secondLog, (2, 2));
        await first.StartAsync(Token);
        await Poll.UntilAsync(() => firstLog.Lines.Any(static l => l.Contains(" 7006 ")));

        await second.StartAsync(Token);
        await Poll.UntilAsync(() => secondLog.Lines.Any(static l => l.Contains(" 7005 ")));

        secondLog.Lines.Should().NotContain(static l => l.Contains(" 7001 "));
        (await rig.ReplicasAsync(Token)).Should().Be(1);
        await first.StopAsync(Token);
        await Poll.UntilAsync(async () => await rig.ReplicasAsync(Token) == 2);
        await second.StopAsync(Token);
    }

    [Fact]
    public async Task Host_WithTheRightsOfTheSample_GrowsAndShrinksWithoutALoss()
    {
        await using DaskRig rig = await DaskRig.StartAsync(new DaskRelease { Workers = 1 }, Token);
        await ApplyAccountAsync(rig.Kubernetes, "samples/AdaptiveService/adaptive-service.yaml");
        LogCollector log = new();
        HelmClusterOptions connection = new()
        {
            KubeconfigPath = rig.Kubernetes.CreateKubeconfigForServiceAccount("default", "dask-adaptive"),
            SchedulerAddress = rig.Cluster.SchedulerAddress,
        };
        using IHost host = Build(connection, log, (1, 3));

        await host.StartAsync(Token);
        await WorkAsync(rig);
        await host.StopAsync(Token);

        log.Lines.Should().NotContain(static l => l.StartsWith("Warning") || l.StartsWith("Error"));
        (await rig.Load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 60, "[]"));
    }

    [Fact]
    public async Task Host_ReleaseIsNotThereYet_TriesAgainUntilItIs()
    {
        await using EmbeddedCluster kubernetes = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { DaskProcesses = true }, Token);
        LogCollector log = new();
        using IHost host = Build(kubernetes, log, (2, 2));

        await host.StartAsync(Token);
        await Poll.UntilAsync(() => log.Lines.Any(static l => l.StartsWith("Warning 7100 ")));
        using k8s.Kubernetes client = kubernetes.CreateClient();
        await new DaskRelease { Workers = 1 }.InstallAsync(client, Token);

        await Poll.UntilAsync(
            async () => (await client.AppsV1.ReadNamespacedDeploymentAsync("my-dask-worker", "default", cancellationToken: Token)).Spec.Replicas == 2, 90);
        await host.StopAsync(Token);
    }

    [Fact]
    public async Task Host_GroupDoesNotExist_EndsTheApplication()
    {
        await using DaskRig rig = await DaskRig.StartAsync(new DaskRelease { Workers = 1 }, Token);
        LogCollector log = new();
        using IHost host = Build(rig.Kubernetes, log, (1, 1), "nobody");

        await host.StartAsync(Token);
        await host.WaitForShutdownAsync(Token).WaitAsync(TimeSpan.FromSeconds(60), Token);

        log.Lines.Should().Contain(static l => l.Contains("BackgroundService failed"));
    }

    /// <summary>Lets the group grow for work, and waits until it is small again.</summary>
    private static async Task WorkAsync(DaskRig rig)
    {
        await rig.Load.SubmitAsync(60, seconds: 0.2, cancellationToken: Token);
        await Poll.UntilAsync(async () => await rig.ReplicasAsync(Token) > 1);
        await rig.Load.DoAsync("settle", Token);
        await Poll.UntilAsync(async () => await rig.ReplicasAsync(Token) == 1, 90);
    }

    private static IHost Build(EmbeddedCluster kubernetes, LogCollector log, AdaptiveRange range, string group = "worker") => Build(
        new HelmClusterOptions { KubeconfigPath = kubernetes.KubeconfigPath, SchedulerAccess = SchedulerAccess.Forward, LocalSchedulerPort = 0, LocalDashboardPort = 0 },
        log,
        range,
        group);

    private static IHost Build(HelmClusterOptions connection, LogCollector log, AdaptiveRange range, string group = "worker")
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddProvider(log);
        builder.Services.AddDaskAdaptiveScaling(
            "my-dask",
            new AdaptiveOptions
            {
                Groups = { [group] = range },
                Interval = TimeSpan.FromMilliseconds(500),
                TargetDuration = TimeSpan.FromSeconds(2),
                StartTime = TimeSpan.FromSeconds(1),
                CoolDown = TimeSpan.FromSeconds(2),
            },
            connection);
        return builder.Build();
    }

    /// <summary>Creates the service account of a manifest, with its rights.</summary>
    private static async Task ApplyAccountAsync(EmbeddedCluster kubernetes, string manifest)
    {
        using k8s.Kubernetes client = kubernetes.CreateClient();
        foreach (object part in KubernetesYaml.LoadAllFromString(Repository.Read(manifest)))
        {
            _ = part switch
            {
                V1ServiceAccount account => (object)await client.CoreV1.CreateNamespacedServiceAccountAsync(account, "default", cancellationToken: Token),
                V1Role role => await client.RbacAuthorizationV1.CreateNamespacedRoleAsync(role, "default", cancellationToken: Token),
                V1RoleBinding binding => await client.RbacAuthorizationV1.CreateNamespacedRoleBindingAsync(binding, "default", cancellationToken: Token),
                _ => part,
            };
        }
    }

    private static async Task<V1Lease> LeaseAsync(EmbeddedCluster kubernetes)
    {
        using k8s.Kubernetes client = kubernetes.CreateClient();
        return await client.CoordinationV1.ReadNamespacedLeaseAsync("my-dask-daskk8s-adaptive", "default", cancellationToken: Token);
    }
}
