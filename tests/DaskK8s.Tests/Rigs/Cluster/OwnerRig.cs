using System.Text.Json.Nodes;

using DaskK8s.Testing;

using k8s;
using k8s.Models;

namespace DaskK8s.Tests.Rigs.Cluster;

/// <summary>A release of Helm 4 whose pods run nothing, and a connection to it whose requests a test may come before.</summary>
internal sealed class OwnerRig : DelegatingHandler, IAsyncDisposable
{
    private const string Worker = "my-dask-worker";

    private OwnerRig(EmbeddedCluster kubernetes, DaskRelease release) => (Kubernetes, Release, Client) = (kubernetes, release, kubernetes.CreateClient());

    public EmbeddedCluster Kubernetes { get; }

    public DaskRelease Release { get; }

    /// <summary>Gets the client of everybody else.</summary>
    public k8s.Kubernetes Client { get; }

    public HelmCluster Cluster { get; private set; } = null!;

    /// <summary>Gets or sets what happens before a request of <see cref="Cluster"/> is sent.</summary>
    public Func<HttpRequestMessage, CancellationToken, Task>? Before { get; set; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<OwnerRig> StartAsync()
    {
        EmbeddedCluster kubernetes = await EmbeddedCluster.StartAsync(cancellationToken: Token);
        OwnerRig rig = new(kubernetes, new DaskRelease { Workers = 2, HelmVersion = 4, Groups = [new DaskReleaseGroup { Name = "gpu" }] });
        await rig.Release.InstallAsync(rig.Client, Token);
        while ((await rig.Client.AppsV1.ReadNamespacedDeploymentAsync(Worker, "default", cancellationToken: Token)).Status?.ReadyReplicas != 2)
        {
            await Task.Delay(20, Token);
        }

        k8s.Kubernetes hooked = new(KubernetesClientConfiguration.BuildConfigFromConfigFile(kubernetes.KubeconfigPath), rig);
        rig.Cluster = await HelmCluster.ConnectAsync("my-dask", new HelmClusterOptions { Kubernetes = hooked, SchedulerAccess = SchedulerAccess.None }, Token);
        return rig;
    }

    public static bool IsApply(HttpRequestMessage request) => request.Content?.Headers.ContentType?.MediaType == "application/apply-patch+yaml";

    public static bool IsGiveBack(HttpRequestMessage request) => request.Content?.Headers.ContentType?.MediaType == "application/json-patch+json";

    /// <summary>Returns the spec with a number of replicas, as text.</summary>
    public static string SpecOf(JsonObject deployment, int replicas)
    {
        JsonObject spec = (JsonObject)deployment["spec"]!.DeepClone();
        spec["replicas"] = replicas;
        return spec.ToJsonString();
    }

    public static string[] ManagersOf(JsonObject deployment) =>
        [.. deployment["metadata"]!["managedFields"]!.AsArray().Select(static e => $"{e!["manager"]} {e["operation"]}")];

    public static string[] OwnersOfReplicas(JsonObject deployment) =>
    [
        .. deployment["metadata"]!["managedFields"]!.AsArray().Where(static e => e!["fieldsV1"]!["f:spec"]?["f:replicas"] is not null)
            .Select(static e => $"{e!["manager"]} {e["operation"]}"),
    ];

    /// <summary>Returns what a manager owns, without the protocol of ports, which the server fills in.</summary>
    public static string FieldsOf(JsonObject deployment, string manager) => string.Concat(deployment["metadata"]!["managedFields"]!.AsArray()
        .Where(e => e!["manager"]!.GetValue<string>() == manager).Select(static e => e!["fieldsV1"]!.ToJsonString())).Replace(""","f:protocol":{}""", "");

    public Task<HelmCluster> ConnectAsync() =>
        HelmCluster.ConnectAsync("my-dask", new HelmClusterOptions { KubeconfigPath = Kubernetes.KubeconfigPath, SchedulerAccess = SchedulerAccess.None }, Token);

    public async Task<JsonObject> ReadAsync()
    {
        V1Deployment read = await Client.AppsV1.ReadNamespacedDeploymentAsync(Worker, "default", cancellationToken: Token);
        return (JsonObject)JsonNode.Parse(KubernetesJson.Serialize(read))!;
    }

    /// <summary>Applies the workers' Deployment as Helm does, with a change of its pod's spec; the number stays as it is.</summary>
    public async Task ApplyAsync(Action<JsonObject> change)
    {
        JsonObject live = await ReadAsync();
        JsonNode template = live["spec"]!["template"]!;
        JsonNode container = template["spec"]!["containers"]![0]!;
        JsonObject spec = new()
        {
            ["containers"] = new JsonArray(new JsonObject
            {
                ["name"] = container["name"]!.DeepClone(),
                ["image"] = container["image"]!.DeepClone(),
                ["args"] = container["args"]!.DeepClone(),
                ["ports"] = new JsonArray(new JsonObject { ["containerPort"] = 8790 }),
            }),
        };
        change(spec);
        JsonObject desired = new()
        {
            ["apiVersion"] = "apps/v1",
            ["kind"] = "Deployment",
            ["metadata"] = new JsonObject { ["name"] = Worker, ["labels"] = live["metadata"]!["labels"]!.DeepClone() },
            ["spec"] = new JsonObject
            {
                ["replicas"] = live["spec"]!["replicas"]!.DeepClone(),
                ["selector"] = live["spec"]!["selector"]!.DeepClone(),
                ["template"] = new JsonObject { ["metadata"] = new JsonObject { ["labels"] = template["metadata"]!["labels"]!.DeepClone() }, ["spec"] = spec },
            },
        };
        await PatchAsync(desired.ToJsonString(), V1Patch.PatchType.ApplyPatch, "helm");
    }

    /// <summary>Changes the number and does not give it back, as a client does that dies in between.</summary>
    public Task LeaveBehindAsync(int replicas) => PatchAsync($$"""{"spec":{"replicas": {{replicas}} } }""", V1Patch.PatchType.MergePatch, "daskk8s");

    public Task AnnotateAsync(string name, string manager) => PatchAsync($$"""{"metadata":{"annotations":{"{{name}}":"x"} } }""", V1Patch.PatchType.MergePatch, manager);

    public Task DeleteWorkerAsync() => Client.AppsV1.DeleteNamespacedDeploymentAsync(Worker, "default", cancellationToken: Token);

    /// <summary>Makes it uncertain whether the number may be changed in the owner's name.</summary>
    public async Task<IDisposable?> ArrangeAsync(string situation)
    {
        switch (situation)
        {
            case "two appliers":
                await PatchAsync("""{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"my-dask-worker"},"spec":{"replicas":2}}""", V1Patch.PatchType.ApplyPatch, "flux");
                return null;
            case "scale subresource":
                await Client.AppsV1.PatchNamespacedDeploymentScaleAsync(
                    new V1Patch("""{"spec":{"replicas":3}}""", V1Patch.PatchType.MergePatch), Worker, "default", fieldManager: "kubectl", cancellationToken: Token);
                return null;
            case "nobody":
                await PatchAsync("""{"spec":{"replicas":3}}""", V1Patch.PatchType.MergePatch, "kubectl");
                return null;
            case "dry run refused":
                return Kubernetes.Faults.AddHttp(new HttpFault { Verb = "patch", Resource = "deployments", Status = 400, Where = static r => r.Query.Contains("dryRun", StringComparison.Ordinal) });
            default:
                throw new ArgumentOutOfRangeException(nameof(situation), situation, null);
        }
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        Before = null;
        await Cluster.DisposeAsync();
        Client.Dispose();
        await Kubernetes.DisposeAsync();
        Dispose();
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (Before is { } before)
        {
            await before(request, cancellationToken);
        }

        return await base.SendAsync(request, cancellationToken);
    }

    private Task PatchAsync(string json, V1Patch.PatchType type, string manager) =>
        Client.AppsV1.PatchNamespacedDeploymentAsync(new V1Patch(json, type), Worker, "default", fieldManager: manager, cancellationToken: Token);
}
