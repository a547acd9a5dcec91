using System.Net;

using DaskK8s.Testing;
using DaskK8s.Tests.Dask.Protocol;

using k8s;

namespace DaskK8s.Tests.Cluster;

/// <summary>Connects to a release whose scheduler, a real one, speaks TLS and demands a client certificate.</summary>
public sealed class TlsConnectTests(TlsDask dask) : IClassFixture<TlsDask>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(SchedulerAccess.Forward)]
    [InlineData(SchedulerAccess.Direct)]
    public async Task ConnectAsync_SchedulerWithTls_IsReachedForwardedAndDirectly(SchedulerAccess access)
    {
        IPEndPoint scheduler = IPEndPoint.Parse(new Uri(dask.Address).Authority);
        await using EmbeddedCluster kubernetes = await EmbeddedCluster.StartAsync(
            new EmbeddedClusterOptions { PortTarget = p => p.Port == 8786 ? scheduler : null }, Token);
        using k8s.Kubernetes client = kubernetes.CreateClient();
        await new DaskRelease { Workers = 1 }.InstallAsync(client, Token);

        await using HelmCluster cluster = await HelmCluster.ConnectAsync(
            "my-dask",
            new HelmClusterOptions
            {
                KubeconfigPath = kubernetes.KubeconfigPath,
                SchedulerAccess = access,
                SchedulerAddress = access == SchedulerAccess.Direct ? dask.Address : null,
                Tls = dask.Options with { ServerName = "scheduler.dask" },
                LocalSchedulerPort = 0,
                LocalDashboardPort = 0,
            },
            Token);

        cluster.SchedulerAddress.Should().StartWith("tls://127.0.0.1:");
        SchedulerInfo info = await cluster.GetSchedulerInfoAsync(Token);
        info.Workers.Should().ContainSingle();
        info.Version.Should().NotBeNullOrEmpty().And.Be((await cluster.GetVersionsAsync(Token)).Scheduler.Packages["distributed"]);
        await using DaskClient tasks = await cluster.GetClientAsync(new DaskClientOptions { NoWorkerTimeout = TimeSpan.Zero }, Token);
        using DaskFuture<int> future = await tasks.SubmitAsync<int>(PythonFunction.FromName("operator", "add"), [1, 2], null, Token);
        (await future.ResultAsync(cancellationToken: Token)).Should().Be(3);
    }

    [Theory]
    [InlineData("DASK_DISTRIBUTED__COMM__DEFAULT_SCHEME", "tls")]
    [InlineData("DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION", "True")]
    [InlineData("CONFIGURATION", "mounted, where nobody sees it from outside")]
    public async Task ConnectAsync_TlsByConfigurationAndNoCertificates_SaysSoAtOnce(string variable, string value)
    {
        IPEndPoint scheduler = IPEndPoint.Parse(new Uri(dask.Address).Authority);
        await using EmbeddedCluster kubernetes = await EmbeddedCluster.StartAsync(
            new EmbeddedClusterOptions { PortTarget = p => p.Port == 8786 ? scheduler : null }, Token);
        using k8s.Kubernetes client = kubernetes.CreateClient();
        await new DaskRelease { Workers = 1, Environment = new Dictionary<string, string> { [variable] = value } }.InstallAsync(client, Token);
        HelmClusterOptions options = new() { KubeconfigPath = kubernetes.KubeconfigPath, LocalSchedulerPort = 0, LocalDashboardPort = 0, ConnectTimeout = TimeSpan.FromMinutes(5) };

        Func<Task> connect = () => HelmCluster.ConnectAsync("my-dask", options, Token);

        await connect.Should().ThrowAsync<DaskTlsException>().WaitAsync(TimeSpan.FromMinutes(1), Token);
    }
}
