using System.Net;
using System.Net.Sockets;

using DaskK8s.Dask.Tasks;
using DaskK8s.Kubernetes;
using DaskK8s.Testing;
using DaskK8s.Tests.Rigs.Cluster;
using DaskK8s.Tests.Rigs.Helm;

using k8s;
using k8s.Models;

namespace DaskK8s.Tests.Cluster;

public sealed class ConnectErrorTests
{
    private const string RecordName = "sh.helm.release.v1.my-dask.v1";

    private static CancellationToken Token => ConnectRig.Token;

    [Fact]
    public async Task ConnectAsync_NoSuchRelease_ListsThoseThatThereAre()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        await new DaskRelease { Name = "tea", StorageDriver = HelmStorageDriver.ConfigMap }.InstallAsync(rig.Client, Token);

        Func<Task> connect = () => HelmCluster.ConnectAsync("your-dask", rig.Options(), Token);

        (await connect.Should().ThrowAsync<HelmReleaseNotFoundException>()).Which.Releases.Should().Equal("my-dask", "tea");
    }

    [Fact]
    public async Task ConnectAsync_RecordInAnSqlDatabase_ConnectsAndSaysThatHelmKeepsItElsewhere()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        await rig.Client.CoreV1.DeleteNamespacedSecretAsync(RecordName, "default", cancellationToken: Token);

        await using HelmCluster cluster = await rig.ConnectAsync();

        cluster.WorkerGroups.Should().HaveCount(2);
        cluster.Limitations.Should().ContainSingle().Which.Reason.Should().Contain("HELM_DRIVER=sql");
    }

    [Fact]
    public async Task ConnectAsync_Uninstalled_SaysSo()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { Status = "uninstalled" });

        Func<Task> connect = () => rig.ConnectAsync();

        (await connect.Should().ThrowAsync<HelmReleaseNotFoundException>()).WithMessage("*uninstall*");
    }

    [Fact]
    public async Task ConnectAsync_SecretsForbidden_IsNotTakenForNotFound()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        string kubeconfig = rig.KubeconfigFor("reader", FeatureCalls.Of("groups", "forward"));

        await using HelmCluster known = await rig.ConnectAsync(o => o with { KubeconfigPath = kubeconfig });
        Func<Task> connect = () => HelmCluster.ConnectAsync("your-dask", rig.Options(o => o with { KubeconfigPath = kubeconfig }), Token);

        known.Release.IsPartial.Should().BeTrue();
        known.Limitations.Should().ContainSingle().Which.MissingPermission.Should().Be(new KubernetesApiCall("list", "secrets", "", "default"));
        known.WorkerGroups.Should().OnlyContain(g => g.Declared == null);
        (await connect.Should().ThrowAsync<KubernetesForbiddenException>()).Which.Call.Resource.Should().Be("secrets");
    }

    [Fact]
    public async Task ConnectAsync_AnotherChartsRelease_NamesTheChart()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        await ReplaceRecordAsync(rig, TestRecord.Base64(TestRecord.Gzip(TestRecord.Utf8(TestRecord.Json(chart: "wordpress")))));

        Func<Task> connect = () => rig.ConnectAsync();

        (await connect.Should().ThrowAsync<HelmReleaseNotDaskException>()).Which.ChartName.Should().Be("wordpress");
    }

    [Theory]
    [InlineData("%%%%", HelmReleaseUnreadableReason.Encoding)]
    [InlineData("aGVsbG8gd29ybGQ=", HelmReleaseUnreadableReason.Compression)]
    [InlineData("eyJuYW1lIjoibXktZGFzayI=", HelmReleaseUnreadableReason.Truncated)]
    [InlineData("eyJuYW1lIjp9", HelmReleaseUnreadableReason.Format)]
    [InlineData("", HelmReleaseUnreadableReason.Truncated)]
    public async Task ConnectAsync_DamagedRecord_NamesTheObjectAndTheReason(string text, HelmReleaseUnreadableReason expected)
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        await ReplaceRecordAsync(rig, System.Text.Encoding.ASCII.GetBytes(text));

        Func<Task> connect = () => rig.ConnectAsync();

        HelmReleaseUnreadableException error = (await connect.Should().ThrowAsync<HelmReleaseUnreadableException>()).Which;
        error.Reason.Should().Be(expected);
        error.ObjectName.Should().Be(RecordName);
        error.Message.Should().Contain(RecordName).And.Contain("'default'");
    }

    [Fact]
    public async Task ConnectAsync_RecordThatInflatesPastTheLimit_NamesTheLimit()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();

        Func<Task> connect = () => rig.ConnectAsync(o => o with { MaxReleaseBytes = 1000 });

        (await connect.Should().ThrowAsync<HelmReleaseUnreadableException>()).Which.Limit.Should().Be(1000);
    }

    [Fact]
    public async Task ConnectAsync_NewestRecordDamaged_GoesByTheDeployedOne()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        V1Secret newer = await rig.Client.CoreV1.ReadNamespacedSecretAsync(RecordName, "default", cancellationToken: Token);
        newer.Metadata = new V1ObjectMeta
        {
            Name = "sh.helm.release.v1.my-dask.v2",
            Labels = new Dictionary<string, string>(newer.Metadata.Labels) { ["version"] = "2", ["status"] = "pending-upgrade" },
        };
        newer.Data = new Dictionary<string, byte[]> { ["release"] = "%%%"u8.ToArray() };
        await rig.Client.CoreV1.CreateNamespacedSecretAsync(newer, "default", cancellationToken: Token);

        await using HelmCluster cluster = await rig.ConnectAsync();

        (cluster.Release.Revision, cluster.Release.ObjectsRevision, cluster.Release.Status).Should().Be((2, 1, HelmReleaseStatus.PendingUpgrade));
        cluster.Release.StatusExplanation.Should().NotBeNullOrEmpty();
    }

    [Fact]
    public async Task ConnectAsync_ServerThatNobodyListensFor_IsUnreachable()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        await rig.Cluster.Faults.StopServerAsync();

        Func<Task> connect = () => rig.ConnectAsync(o => o with { Retry = new RetryOptions { MaxAttempts = 2, BaseDelay = TimeSpan.FromMilliseconds(1) } });

        (await connect.Should().ThrowAsync<KubernetesUnreachableException>()).WithMessage($"*{rig.Cluster.Server.Authority}*");
    }

    [Fact]
    public async Task ConnectAsync_CredentialsThatAreNoMore_IsUnauthorized()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        rig.Cluster.Faults.RevokeTokens("kubernetes-admin");

        Func<Task> connect = () => rig.ConnectAsync();

        await connect.Should().ThrowAsync<KubernetesUnauthorizedException>();
    }

    [Fact]
    public async Task ConnectAsync_ServerThatKeepsSilent_SaysThatItDidAndNotTheScheduler()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        using IDisposable silence = rig.Cluster.Faults.AddHttp(new HttpFault { Verb = "list", Resource = "secrets", Delay = TimeSpan.FromMinutes(5) });

        Func<Task> connect = () => rig.ConnectAsync(o => o with { ConnectTimeout = TimeSpan.FromSeconds(1) });

        (await connect.Should().ThrowAsync<KubernetesTimeoutException>()).WithMessage("*release my-dask*1 s*API server*ConnectTimeout*");
    }

    [Fact]
    public async Task ConnectAsync_SchedulerThatNeverGetsReady_SaysWhatItWaitedFor()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        using IDisposable fault = rig.Cluster.Faults.AddPods(PodFault.NeverReady, new PodSelector { NamePrefix = "my-dask-scheduler-" });

        Func<Task> connect = () => rig.ConnectAsync(o => o with { ConnectTimeout = TimeSpan.FromSeconds(2) });

        (await connect.Should().ThrowAsync<SchedulerUnreachableException>()).WithMessage("*my-dask*2 s*pod my-dask-scheduler-* runs, but is not ready*ConnectTimeout*");
    }

    [Fact]
    public async Task ConnectAsync_AddressWhereNobodyListens_IsUnreachable()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        TcpListener nobody = new(IPAddress.Loopback, 0);
        nobody.Start();
        string address = $"tcp://{nobody.LocalEndpoint}";
        nobody.Stop();

        Func<Task> connect = () => rig.ConnectAsync(o => o with { SchedulerAddress = address });

        (await connect.Should().ThrowAsync<SchedulerUnreachableException>()).WithMessage($"*{address}*");
    }

    [Fact]
    public async Task ConnectAsync_NoSchedulerAnywhere_SaysWhichOptionNamesOne()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { SchedulerEnabled = false });

        Func<Task> connect = () => rig.ConnectAsync();

        (await connect.Should().ThrowAsync<SchedulerUnreachableException>()).WithMessage("*scheduler.enabled is false*SchedulerAddress*");
    }

    [Fact]
    public async Task ConnectAsync_SchedulerElsewhereThatIsNoAddress_NamesTheValue()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { SchedulerEnabled = false, CustomSchedulerUrl = "ws://dask.example.org/ws" });

        Func<Task> connect = () => rig.ConnectAsync();

        (await connect.Should().ThrowAsync<SchedulerUnreachableException>()).WithMessage("*ws://dask.example.org/ws*worker.custom_scheduler_url*");
    }

    [Fact]
    public async Task GetWorkerGroupsAsync_ServerAsksToSlowDown_WaitsAndSucceeds()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        await using HelmCluster cluster = await rig.ConnectAsync();
        using IDisposable busy = rig.Cluster.Faults.AddHttp(new HttpFault { Verb = "list", Resource = "deployments", Status = 429, RetryAfter = 1, Times = 1 });

        IReadOnlyList<WorkerGroup> groups = await cluster.GetWorkerGroupsAsync(Token);

        groups.Should().HaveCount(2);
        rig.Logs.Of(2002).Should().ContainSingle().Which.Should().Contain("list deployments.apps").And.Contain("00:00:01");
    }

    [Fact]
    public async Task GetWorkerGroupsAsync_AnswerBrokenOff_IsAskedForAgain()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        await using HelmCluster cluster = await rig.ConnectAsync();
        using IDisposable cut = rig.Cluster.Faults.AddHttp(new HttpFault { Verb = "list", Resource = "pods", ResetAfter = 100, Times = 2 });

        (await cluster.GetWorkerGroupsAsync(Token)).Sum(g => g.Pods.Count).Should().Be(3);
    }

    private static async Task ReplaceRecordAsync(ConnectRig rig, byte[] data)
    {
        V1Secret secret = await rig.Client.CoreV1.ReadNamespacedSecretAsync(RecordName, "default", cancellationToken: Token);
        secret.Data = new Dictionary<string, byte[]> { ["release"] = data };
        await rig.Client.CoreV1.ReplaceNamespacedSecretAsync(secret, RecordName, "default", cancellationToken: Token);
    }
}
