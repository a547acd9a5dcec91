using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

using DaskK8s.Hosting.Tests.Rigs;
using DaskK8s.Testing;
using DaskK8s.Tests.Rigs;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace DaskK8s.Hosting.Tests;

/// <summary>Asks for an application's health in good days and in bad ones.</summary>
public sealed class HealthCheckTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AddDask_AllIsThere_IsHealthy()
    {
        await using Release release = await Release.StartAsync(Token);
        using IHost host = Build(release.Kubernetes.KubeconfigPath);
        await ReadyAsync(host);

        HealthReportEntry entry = await CheckAsync(host);

        (entry.Status, entry.Description).Should().Be((HealthStatus.Healthy, "2 worker pods in 1 group of my-dask.default."));
        entry.Data.Should().Contain("group worker", "worker: 2/2 ready");
    }

    [Fact]
    public async Task AddDask_PodThatCannotStart_IsDegradedWithItsCause()
    {
        await using Release release = await Release.StartAsync(Token);
        using IHost host = Build(release.Kubernetes.KubeconfigPath);
        await ReadyAsync(host);
        using IDisposable fault = release.Kubernetes.Faults.AddPods(PodFault.ImagePull);
        HelmCluster cluster = await host.Services.GetRequiredService<IDaskCluster>().GetClusterAsync(Token);
        await cluster.ScaleAsync(3, cancellationToken: Token);

        await Poll.UntilAsync(async () => (await CheckAsync(host)).Description?.Contains("image", StringComparison.Ordinal) == true);
        HealthReportEntry entry = await CheckAsync(host);

        entry.Status.Should().Be(HealthStatus.Degraded);
        entry.Data["missing"].Should().BeOfType<string[]>().Which.Should().ContainSingle().Which.Should().StartWith("my-dask-worker-");
        entry.Data.Should().Contain("group worker", "worker: 2/3 ready");
    }

    [Fact]
    public async Task AddDask_ValuesMayNotBeRead_IsDegradedWithTheLimitation()
    {
        await using Release release = await Release.StartAsync(Token);
        string kubeconfig = release.Kubernetes.CreateKubeconfigFor("reader");
        release.Kubernetes.Allow("reader", "default", ["get", "list", "watch"], "pods", "deployments", "services", "replicasets");
        using IHost host = Build(kubeconfig);
        using (IHost ready = Build(release.Kubernetes.KubeconfigPath))
        {
            await ReadyAsync(ready);
        }

        HealthReportEntry entry = await CheckAsync(host);

        entry.Status.Should().Be(HealthStatus.Degraded);
        entry.Description.Should().StartWith("The release's values, chart and revision: Helm's record cannot be read");
    }

    [Fact]
    public async Task AddDask_ClusterIsAway_IsUnhealthyWithTheReason()
    {
        await using EmbeddedCluster kubernetes = await EmbeddedCluster.StartAsync(cancellationToken: Token);
        using IHost host = Build(kubernetes.KubeconfigPath);

        HealthReportEntry entry = await CheckAsync(host);

        entry.Status.Should().Be(HealthStatus.Unhealthy);
        entry.Description.Should().StartWith("The Dask cluster \"dask\" is not available: ").And.Contain("my-dask");
        entry.Exception.Should().BeOfType<DaskClusterUnavailableException>();
    }

    [Fact]
    public async Task AddDask_ServerKeepsSilent_EndsWithItsTimeout()
    {
        using TcpListener silent = new(IPAddress.Loopback, 0);
        silent.Start();
        Dictionary<string, string?> settings = new() { ["ConnectionStrings:dask"] = $"tcp://{silent.LocalEndpoint}" };
        using IHost host = Hosts.Build(settings, static s => s.AddDaskCluster("dask").AddHealthChecks().AddDask(timeout: TimeSpan.FromMilliseconds(300)));

        Stopwatch watch = Stopwatch.StartNew();
        HealthReportEntry entry = await CheckAsync(host);

        (entry.Status, entry.Description).Should().Be((HealthStatus.Unhealthy, "The Dask cluster \"dask\" did not answer within 0.3 s."));
        watch.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(5), "the connection's own time limit is 10 s");
    }

    [Fact]
    public async Task AddDask_NamedCluster_ChecksThatWithItsStatusAndTags()
    {
        Dictionary<string, string?> settings = new() { ["ConnectionStrings:batch"] = "tcp://127.0.0.1:1" };
        using IHost host = Hosts.Build(settings, static s => s.AddKeyedDaskCluster("batch").AddHealthChecks().AddDask("batch", HealthStatus.Degraded, ["ready"]));

        HealthReport report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(static r => r.Tags.Contains("ready"), Token);

        report.Entries.Should().ContainKey("dask-batch").WhoseValue.Status.Should().Be(HealthStatus.Degraded);
    }

    [Fact]
    public void AddDask_NoTime_IsRefused() =>
        FluentActions.Invoking(static () => new ServiceCollection().AddHealthChecks().AddDask(timeout: TimeSpan.Zero)).Should().Throw<ArgumentOutOfRangeException>();

    private static IHost Build(string kubeconfig) => Hosts.Build(
        Hosts.WithoutScheduler(kubeconfig), static s => s.AddDaskCluster("dask").AddHealthChecks().AddDask(timeout: TimeSpan.FromSeconds(30)));

    private static async Task ReadyAsync(IHost host)
    {
        HelmCluster cluster = await host.Services.GetRequiredService<IDaskCluster>().GetClusterAsync(Token);
        await cluster.WaitForWorkersAsync(cancellationToken: Token);
    }

    private static async Task<HealthReportEntry> CheckAsync(IHost host) =>
        (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Token)).Entries.Single().Value;
}
