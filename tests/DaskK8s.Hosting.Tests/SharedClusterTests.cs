using DaskK8s.Hosting.Tests.Rigs;
using DaskK8s.Testing;
using DaskK8s.Tests.Rigs;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace DaskK8s.Hosting.Tests;

/// <summary>Uses clusters as an application does: shared, away and back again.</summary>
public sealed class SharedClusterTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task GetClusterAsync_ManyAtOnce_ShareOneConnection()
    {
        await using Release release = await Release.StartAsync(Token);
        Dictionary<string, string?> settings = Hosts.WithoutScheduler(release.Kubernetes.KubeconfigPath);
        settings["DaskK8s:dask:CheckAfter"] = "1h";
        using IHost host = Hosts.Build(settings, static s => s.AddDaskCluster("dask"));
        release.Kubernetes.ClearRequests();
        await host.StartAsync(Token);
        IDaskCluster dask = host.Services.GetRequiredService<IDaskCluster>();
        release.Kubernetes.Requests.Should().BeEmpty("nothing connects before the first use");

        HelmCluster[] clusters = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(async () => await dask.GetClusterAsync(Token), Token)));

        clusters.Distinct().Should().ContainSingle().Which.Name.Should().Be("my-dask.default");
        release.Kubernetes.Requests.Count(static r => r is { Verb: "list", Resource: "deployments" }).Should().Be(1);
        await host.StopAsync(Token);
    }

    [Fact]
    public async Task GetClusterAsync_ReleaseIsNotThere_FailsWithTheReasonAndConnectsOnceItIs()
    {
        await using EmbeddedCluster kubernetes = await EmbeddedCluster.StartAsync(cancellationToken: Token);
        LogCollector log = new();
        using IHost host = Hosts.Build(Hosts.WithoutScheduler(kubernetes.KubeconfigPath), static s => s.AddDaskCluster("dask"), log);
        IDaskCluster dask = host.Services.GetRequiredService<IDaskCluster>();

        Func<Task> use = async () => await dask.GetClusterAsync(Token);
        DaskClusterUnavailableException away = (await use.Should().ThrowAsync<DaskClusterUnavailableException>()).Which;
        away.InnerException.Should().BeOfType<HelmReleaseNotFoundException>();
        away.RetryAfter.Should().Be(TimeSpan.FromSeconds(1));
        away.Message.Should().StartWith("The Dask cluster \"dask\" is not available: ").And.EndWith(" The next attempt to connect is in 1 s.");

        using k8s.Kubernetes client = kubernetes.CreateClient();
        await new DaskRelease().InstallAsync(client, Token);
        await Poll.UntilAsync(() => IsThereAsync(dask));
        log.Lines.Should().Contain(static l => l.StartsWith("Warning 7111 ")).And.Contain(static l => l.StartsWith("Information 7110 "))
            .And.Contain(static l => l.StartsWith("Information 6001 "), "the library logs to the host's loggers");
    }

    [Fact]
    public async Task GetClusterAsync_ServerGoesAndComesBack_FailsAtOnceThenKeepsItsConnection()
    {
        await using Release release = await Release.StartAsync(Token);
        using IHost host = Hosts.Build(Hosts.WithoutScheduler(release.Kubernetes.KubeconfigPath), static s => s.AddDaskCluster("dask"));
        IDaskCluster dask = host.Services.GetRequiredService<IDaskCluster>();
        HelmCluster before = await dask.GetClusterAsync(Token);

        await release.Kubernetes.Faults.StopServerAsync();
        Func<Task> use = async () => await dask.GetClusterAsync(Token);
        await use.Should().ThrowAsync<DaskClusterUnavailableException>();
        (await use.Should().ThrowAsync<DaskClusterUnavailableException>()).WithInnerException<KubernetesUnreachableException>();
        await release.Kubernetes.Faults.StartServerAsync(Token);
        await Poll.UntilAsync(() => IsThereAsync(dask));

        (await dask.GetClusterAsync(Token)).Should().BeSameAs(before, "what it stands for is still good");
    }

    [Fact]
    public async Task GetClusterAsync_ServerMovedAway_ConnectsAnewAndClosesTheOldConnection()
    {
        await using Release first = await Release.StartAsync(Token);
        await using Release second = await Release.StartAsync(Token, release: new DaskRelease { Workers = 5 });
        DirectoryInfo folder = Directory.CreateTempSubdirectory("daskk8s-moved-");
        try
        {
            string kubeconfig = Path.Combine(folder.FullName, "config");
            File.Copy(first.Kubernetes.KubeconfigPath, kubeconfig);
            using IHost host = Hosts.Build(Hosts.WithoutScheduler(kubeconfig), static s => s.AddDaskCluster("dask"));
            IDaskCluster dask = host.Services.GetRequiredService<IDaskCluster>();
            HelmCluster before = await dask.GetClusterAsync(Token);

            await first.Kubernetes.Faults.StopServerAsync();
            File.Copy(second.Kubernetes.KubeconfigPath, kubeconfig, overwrite: true);
            await Poll.UntilAsync(() => IsThereAsync(dask));

            HelmCluster after = await dask.GetClusterAsync(Token);
            after.WorkerGroups[0].Desired.Should().Be(5);
            Func<Task> old = () => before.GetWorkerGroupsAsync(Token);
            await old.Should().ThrowAsync<ObjectDisposedException>();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task GetClusterAsync_CallerGivesUp_LeavesTheAttemptToOthers()
    {
        await using Release release = await Release.StartAsync(Token);
        using IHost host = Hosts.Build(Hosts.WithoutScheduler(release.Kubernetes.KubeconfigPath), static s => s.AddDaskCluster("dask"));
        IDaskCluster dask = host.Services.GetRequiredService<IDaskCluster>();
        using CancellationTokenSource impatient = new();
        IDisposable slow = release.Kubernetes.Faults.AddHttp(new HttpFault { Delay = TimeSpan.FromSeconds(30) });

        Task<HelmCluster> given = dask.GetClusterAsync(impatient.Token).AsTask();
        Task<HelmCluster> waiting = dask.GetClusterAsync(Token).AsTask();
        await impatient.CancelAsync();

        await FluentActions.Awaiting(() => given).Should().ThrowAsync<OperationCanceledException>();
        waiting.IsCompleted.Should().BeFalse();
        slow.Dispose();
        host.Dispose();
        await FluentActions.Awaiting(() => waiting).Should().ThrowAsync<OperationCanceledException>("the host ended while it connected");
        await FluentActions.Awaiting(async () => await dask.GetClusterAsync(Token)).Should().ThrowAsync<ObjectDisposedException>();
    }

    [Fact]
    public async Task Dispose_OfTheHost_ClosesTheCluster()
    {
        await using Release release = await Release.StartAsync(Token);
        using IHost host = Hosts.Build(Hosts.WithoutScheduler(release.Kubernetes.KubeconfigPath), static s => s.AddDaskCluster("dask"));
        HelmCluster cluster = await host.Services.GetRequiredService<IDaskCluster>().GetClusterAsync(Token);

        host.Dispose();

        await FluentActions.Awaiting(() => cluster.GetWorkerGroupsAsync(Token)).Should().ThrowAsync<ObjectDisposedException>();
    }

    [Fact]
    public async Task AddKeyedDaskCluster_Several_AreToldApart()
    {
        Dictionary<string, string?> settings = new() { ["ConnectionStrings:one"] = "tcp://127.0.0.1:1", ["ConnectionStrings:two"] = "tcp://127.0.0.1:2" };
        using IHost host = Hosts.Build(settings, static s => s.AddKeyedDaskCluster("one").AddKeyedDaskCluster("two"));

        host.Services.GetRequiredKeyedService<IDaskCluster>("one").Name.Should().Be("one");
        host.Services.GetRequiredKeyedService<IDaskCluster>("two").Name.Should().Be("two");
        host.Services.GetService<IDaskCluster>().Should().BeNull();
        Func<Task> release = async () => await host.Services.GetRequiredKeyedService<IDaskCluster>("one").GetClusterAsync(Token);
        (await release.Should().ThrowAsync<InvalidOperationException>()).WithMessage("*\"one\" is configured by a scheduler's address alone*");
    }

    [Fact]
    public void AddDaskCluster_SameNameTwice_IsRefused()
    {
        ServiceCollection services = new();
        services.AddDaskCluster("dask");

        FluentActions.Invoking(() => services.AddKeyedDaskCluster("dask")).Should().Throw<ArgumentException>().WithMessage("*\"dask\" was added already*");
    }

    [Fact]
    public async Task Start_WrongOptions_FailsBeforeAnythingStartsAndListsAll()
    {
        Dictionary<string, string?> settings = new() { ["DaskK8s:dask:Release"] = "My_Dask", ["DaskK8s:dask:ConnectTimeout"] = "30", ["DaskK8s:dask:Naemspace"] = "x" };
        bool started = false;
        using IHost host = Hosts.Build(settings, s => s.AddDaskCluster("dask", static o => o with { CheckTimeout = TimeSpan.Zero }).AddHostedService(_ => new Started(() => started = true)));

        OptionsValidationException error = (await FluentActions.Awaiting(() => host.StartAsync(Token)).Should().ThrowAsync<OptionsValidationException>()).Which;

        started.Should().BeFalse();
        error.OptionsName.Should().Be("dask");
        error.Failures.Should().HaveCount(4).And.OnlyContain(static f => f.StartsWith("Dask cluster \"dask\": "));
    }

    [Theory]
    [InlineData("tcp://")]
    [InlineData("http://127.0.0.1:8786")]
    public async Task Start_AddressThatIsNone_Fails(string address)
    {
        using IHost host = Hosts.Build(new Dictionary<string, string?> { ["ConnectionStrings:dask"] = address }, static s => s.AddDaskCluster("dask"));

        await FluentActions.Awaiting(() => host.StartAsync(Token)).Should().ThrowAsync<OptionsValidationException>().WithMessage("*not a scheduler address*");
    }

    [Fact]
    public async Task Start_NothingConfigured_SaysWhatToSet()
    {
        using IHost host = Hosts.Build(new Dictionary<string, string?>(), static s => s.AddDaskCluster("dask"));

        await FluentActions.Awaiting(() => host.StartAsync(Token)).Should().ThrowAsync<OptionsValidationException>()
            .WithMessage("*Set DaskK8s:dask:Release, or ConnectionStrings:dask to release.namespace or to tcp://host:port.*");
    }

    [Fact]
    public async Task AddDaskAdaptiveScaling_FromConfiguration_Adapts()
    {
        await using Release release = await Release.StartAsync(Token, processes: true, new DaskRelease { Workers = 1 });
        Dictionary<string, string?> settings = new()
        {
            ["ConnectionStrings:dask"] = "my-dask.default",
            ["DaskK8s:dask:KubeconfigPath"] = release.Kubernetes.KubeconfigPath,
            ["DaskK8s:dask:LocalSchedulerPort"] = "0",
            ["DaskK8s:dask:LocalDashboardPort"] = "0",
            ["DaskK8s:dask:Adaptive:Groups:worker:Minimum"] = "2",
            ["DaskK8s:dask:Adaptive:Groups:worker:Maximum"] = "2",
        };
        LogCollector log = new();
        using IHost host = Hosts.Build(settings, static s => s.AddDaskAdaptiveScaling("dask", static o => o with { Interval = TimeSpan.FromMilliseconds(200) }), log);

        await host.StartAsync(Token);
        await Poll.UntilAsync(() => log.Lines.Any(static l => l.StartsWith("Information 7001 Adaptive: Grow group worker from 1 to 2")));
        await host.StopAsync(Token);
    }

    [Fact]
    public async Task AddDaskAdaptiveScaling_WrongConfiguration_FailsAtStart()
    {
        using IHost host = Hosts.Build(new Dictionary<string, string?> { ["ConnectionStrings:dask"] = "tcp://127.0.0.1:8786" }, static s => s.AddDaskAdaptiveScaling("dask"));

        (await FluentActions.Awaiting(() => host.StartAsync(Token)).Should().ThrowAsync<OptionsValidationException>()).Which.Failures.Should().HaveCount(2);
    }

    private static async Task<bool> IsThereAsync(IDaskCluster dask)
    {
        try
        {
            await dask.GetClusterAsync(Token);
            return true;
        }
        catch (DaskClusterUnavailableException)
        {
            return false;
        }
    }

    private sealed class Started(Action say) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            say();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
