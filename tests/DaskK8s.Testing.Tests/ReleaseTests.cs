using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using DaskK8s.Testing.Releases;
using k8s;
using k8s.Models;

namespace DaskK8s.Testing.Tests;

public sealed class ReleaseTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Install_StorageSecret_HasHelmsForm()
    {
        await using EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(cancellationToken: Token);
        using k8s.Kubernetes client = cluster.CreateClient();

        await new DaskRelease { Revision = 2 }.InstallAsync(client, Token);

        V1SecretList secrets = await client.CoreV1.ListNamespacedSecretAsync("default", labelSelector: "owner=helm,name=my-dask", fieldSelector: "type=helm.sh/release.v1", cancellationToken: Token);
        secrets.Items.Select(item => (item.Metadata.Name, item.Metadata.Labels["status"])).Should().Equal(("sh.helm.release.v1.my-dask.v1", "superseded"), ("sh.helm.release.v1.my-dask.v2", "deployed"));
        JsonNode record = Decode(Encoding.ASCII.GetString(secrets.Items[1].Data["release"]));
        record["version"]!.GetValue<int>().Should().Be(2);
        record["info"]!["deleted"]!.GetValue<string>().Should().BeEmpty();
        record.AsObject().Should().NotContainKey("apply_method");
        record["chart"]!["values"]!["worker"]!["replicas"]!.GetValue<int>().Should().Be(3);
    }

    [Fact]
    public void Manifest_GroupWithZeroReplicas_GetsTheDefaultsNumber()
    {
        DaskRelease release = new() { Workers = 2, Groups = [new DaskReleaseGroup { Name = "none", Replicas = 0 }] };

        JsonObject group = Parts(release).Single(part => part.Object["metadata"]!["name"]!.GetValue<string>() == "my-dask-worker-none").Object;

        group["spec"]!["replicas"]!.GetValue<int>().Should().Be(2);
    }

    [Theory]
    [InlineData("my-dask", null, null, "my-dask")]
    [InlineData("tea", null, null, "tea-dask")]
    [InlineData("tea", "research", null, "research")]
    [InlineData("tea", null, "lab", "tea-lab")]
    [InlineData("a-very-long-release-name-that-goes-on-and-on-until-it-is-cut-off", null, null, "a-very-long-release-name-that-goes-on-and-on-until-it-is-cut-of")]
    public void Fullname_IsTheCharts(string name, string? fullname, string? nameOverride, string expected) =>
        new DaskRelease { Name = name, FullnameOverride = fullname, NameOverride = nameOverride }.Fullname.Should().Be(expected);

    [Fact]
    public async Task Install_FromAConfigMapWithoutScheduler_HasOnlyWorkers()
    {
        await using EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(cancellationToken: Token);
        using k8s.Kubernetes client = cluster.CreateClient();

        await new DaskRelease { Namespace = "apart", StorageDriver = HelmStorageDriver.ConfigMap, SchedulerEnabled = false, CustomSchedulerUrl = "tcp://elsewhere:8786" }.InstallAsync(client, Token);

        V1Deployment workers = (await client.AppsV1.ListNamespacedDeploymentAsync("apart", cancellationToken: Token)).Items.Should().ContainSingle().Subject;
        workers.Spec.Template.Spec.Containers[0].Args.Should().StartWith(["dask-worker", "tcp://elsewhere:8786"]);
        V1ConfigMap map = await client.CoreV1.ReadNamespacedConfigMapAsync("sh.helm.release.v1.my-dask.v1", "apart", cancellationToken: Token);
        Decode(map.Data["release"])["manifest"]!.GetValue<string>().Should().NotContain("kind: Service\n");
        (await client.CoreV1.ListNamespacedServiceAsync("apart", cancellationToken: Token)).Items.Should().BeEmpty();
    }

    /// <summary>Where releases that Helm itself wrote are at hand, ours have their manifest, line by line.</summary>
    [Fact]
    public void Manifest_BesideHelmsOwn_IsTheSame()
    {
        string? folder = Shared("helm3-gpu-group");
        if (folder is null)
        {
            return;
        }

        string line = File.ReadLines(Path.Combine(folder, "release-storage.jsonl")).Last();
        JsonNode helms = Decode(Encoding.ASCII.GetString(Convert.FromBase64String(JsonNode.Parse(line)!["data"]!["release"]!.GetValue<string>())));
        string image = helms["chart"]!["values"]!["worker"]!["image"]!["repository"]!.GetValue<string>();
        DaskRelease release = new()
        {
            Revision = 2,
            Image = $"{image}:2024.12.1",
            Groups = [new DaskReleaseGroup { Name = "gpu-workers", DaskResources = "GPU=1", Limits = new Dictionary<string, string> { ["nvidia.com/gpu"] = "1" } }],
        };

        JsonObject ours = StorageRecord.Create(release, 2, "deployed", "Upgrade complete", DateTimeOffset.UtcNow);

        // Quotes are a matter of the template's taste, and empty lines of its blocks.
        static IEnumerable<string> Lines(JsonNode record) => record["manifest"]!.GetValue<string>().Replace("\"", string.Empty).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(text => text.TrimEnd());
        Lines(ours).Should().Equal(Lines(helms));
        ours["config"]!.AsObject().Select(pair => pair.Key).Should().BeEquivalentTo(helms["config"]!.AsObject().Select(pair => pair.Key));
        JsonNode.DeepEquals(ours["config"]!["additional_worker_groups"]![0]!["resources"], helms["config"]!["additional_worker_groups"]![0]!["resources"]).Should().BeTrue();
        ours.Select(pair => pair.Key).Should().BeEquivalentTo(helms.AsObject().Select(pair => pair.Key));
    }

    private static IReadOnlyList<ManifestPart> Parts(DaskRelease release) =>
        new Manifest(release, ChartValues.Merge(ChartValues.Defaults(release), ChartValues.Config(release))).Parts();

    private static string? Shared(string name)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "shared", "releases", name);
            if (Directory.Exists(path))
            {
                return path;
            }
        }

        return null;
    }

    private static JsonNode Decode(string text)
    {
        using GZipStream gzip = new(new MemoryStream(Convert.FromBase64String(text)), CompressionMode.Decompress);
        return JsonNode.Parse(gzip)!;
    }
}
