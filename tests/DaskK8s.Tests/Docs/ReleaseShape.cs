using DaskK8s.Testing;
using DaskK8s.Tests.Dask.Protocol;
using DaskK8s.Tests.Rigs;

using k8s;
using k8s.Models;

namespace DaskK8s.Tests.Docs;

/// <summary>A shape of a release as people run the chart, for the table of <c>docs/compatibility.md</c>.</summary>
/// <param name="Name">The row's name.</param>
/// <param name="Release">The release.</param>
internal sealed record ReleaseShape(string Name, DaskRelease Release)
{
    /// <summary>Gets the instance to connect to.</summary>
    public string? Instance { get; init; }

    /// <summary>Gets the group that is scaled; null for the default one.</summary>
    public string? Group { get; init; }

    /// <summary>Gets the namespace that is given; null for the objects'.</summary>
    public string? Namespace { get; init; }

    /// <summary>Gets what is done before connecting.</summary>
    public Func<EmbeddedCluster, k8s.Kubernetes, DaskRelease, CancellationToken, Task>? Before { get; init; }

    /// <summary>Gets what is done when the cluster object is connected.</summary>
    public Func<EmbeddedCluster, k8s.Kubernetes, DaskRelease, CancellationToken, Task>? Meanwhile { get; init; }

    /// <summary>Gets what an error must say: a cell where it is thrown says <see cref="Says"/>.</summary>
    public string? Reason { get; init; }

    /// <summary>Gets the words for such an error.</summary>
    public string Says { get; init; } = "says why";

    /// <summary>Gets the certificates that connecting asks for where it is tried without.</summary>
    public DaskTlsOptions? Tls { get; init; }

    /// <summary>Gets the scheduler's address that is given; null for none.</summary>
    public string? SchedulerAddress { get; init; }

    public static IReadOnlyList<ReleaseShape> All(TlsDask tls) =>
    [
        new("Helm, the chart of today", new DaskRelease { Workers = 2, Groups = [new DaskReleaseGroup { Name = "gpu" }] }),
        new("Helm, the record in a ConfigMap", new DaskRelease { Workers = 2, StorageDriver = HelmStorageDriver.ConfigMap }),
        new("Helm's SQL driver", new DaskRelease { Workers = 2, HasRecord = false, HasHelmMarks = true }),
        new("`helm template`, `kubectl apply`", new DaskRelease { Workers = 2, HasRecord = false }),
        new("Argo CD", new DaskRelease
        {
            Workers = 2, HasRecord = false, ObjectAnnotations = new Dictionary<string, string> { ["argocd.argoproj.io/tracking-id"] = "research:apps/Deployment:dask/my-dask" },
        }),
        new("Flux, the objects' namespace given", Flux()),
        new("Flux, the record's namespace given", Flux()) { Namespace = "flux-system" },
        new("Umbrella chart, alias `compute`", new DaskRelease { Name = "platform", Workers = 2, Subchart = ["compute"] }),
        new("Umbrella chart, three levels", new DaskRelease { Name = "platform", Workers = 2, Subchart = ["team", "analytics", "compute"] }),
        new("Two instances, one chosen", new DaskRelease { Name = "platform", Workers = 2, Subchart = ["dask-cpu"], Instances = [new DaskRelease { Subchart = ["dask-gpu"], Workers = 1 }] })
        {
            Instance = "dask-cpu",
        },
        new("Two instances, none chosen", new DaskRelease { Name = "platform", Workers = 1, Subchart = ["dask-cpu"], Instances = [new DaskRelease { Subchart = ["dask-gpu"], Workers = 1 }] }),
        new("Chart 4.5.6, `worker.name` changed", new DaskRelease { Workers = 2, ChartVersion = "4.5.6", WorkerComponent = "crew" }),
        new("Sidecar in front, init container", new DaskRelease
        {
            Workers = 2, InjectedContainers = [new DaskInjectedContainer("mesh"), new DaskInjectedContainer("mesh-init", DaskContainerPlace.Init)],
        }),
        new("Native sidecar, container behind", new DaskRelease
        {
            Workers = 2, InjectedContainers = [new DaskInjectedContainer("mesh", DaskContainerPlace.NativeSidecar), new DaskInjectedContainer("agent", DaskContainerPlace.Last)],
        }),
        new("A group of another scheduler", new DaskRelease
        {
            Workers = 1, Groups = [new DaskReleaseGroup { Name = "big", Replicas = 2, CustomSchedulerUrl = "tcp://other-dask-scheduler.elsewhere:8786" }],
        })
        {
            Group = "big",
        },
        new("TLS by environment variables", new DaskRelease { Workers = 1, Environment = TlsVariables(tls) }) { Tls = tls.Options },
        new("TLS by a mounted configuration", new DaskRelease { Workers = 1, Environment = TlsFile(tls) }) { Tls = tls.Options },
        new("Scheduler elsewhere, not reached", new DaskRelease { SchedulerEnabled = false, CustomSchedulerUrl = "tcp://other-dask-scheduler.elsewhere.daskk8s.invalid:8786" })
        {
            Reason = "HelmClusterOptions.SchedulerAddress", Says = "names the option",
        },
        new("Scheduler elsewhere, its address given", new DaskRelease { Workers = 1, SchedulerEnabled = false, CustomSchedulerUrl = "tcp://other-dask-scheduler.elsewhere:8786" })
        {
            SchedulerAddress = "other",
        },
        new("An install that failed", new DaskRelease { Status = "failed", HasObjects = false, Description = "Release \"my-dask\" failed: quota" }) { Reason = "failed: quota", Says = "says why it failed" },
        new("An install under way", new DaskRelease { Status = "pending-install", HasObjects = false, Description = "Initial install underway" })
        {
            Reason = "Initial install underway", Says = "says that it is pending",
        },
        new("An upgrade under way", new DaskRelease { Workers = 1, Revision = 2, Status = "pending-upgrade", Description = "Preparing upgrade" }),
        new("Uninstalled, history kept", new DaskRelease { Status = "uninstalled", HasObjects = false, Description = "Uninstallation complete" }) { Reason = "uninstalled", Says = "says that it was uninstalled" },
        new("Uninstalled while connected", new DaskRelease { Workers = 1 })
        {
            Meanwhile = static async (_, client, release, ct) =>
            {
                await release.UninstallAsync(client, ct);
                await NoPodsAsync(client, release, ct);
            },
            Reason = "uninstalled",
        },
        new("Scheduler scaled to zero", new DaskRelease { Workers = 1 }) { Before = StopSchedulerAsync, Reason = "scaled to zero", Says = "says so" },
        new("Scheduler scaled to zero while connected", new DaskRelease { Workers = 1 }) { Meanwhile = StopSchedulerAsync, Reason = "scaled to zero" },
        new("The scheduler's node is dead", new DaskRelease { Workers = 1 })
        {
            Before = static async (kubernetes, client, release, ct) =>
            {
                await Poll.UntilAsync(async () => (await SchedulersAsync(client, release, ct)).Any(static p => p.Status?.Phase == "Running"));
                kubernetes.Faults.AddPods(PodFault.NodeLost, new PodSelector { Namespace = release.Namespace, NamePrefix = $"{release.SchedulerName}-" });
                await Poll.UntilAsync(async () => (await SchedulersAsync(client, release, ct)).All(static p => p.Status.Conditions.Any(static c => c is { Type: "Ready", Status: "False" })));
            },
            Reason = "its node node1 does not answer", Says = "names pod and node",
        },
    ];

    private static async Task StopSchedulerAsync(EmbeddedCluster kubernetes, k8s.Kubernetes client, DaskRelease release, CancellationToken cancellationToken)
    {
        await client.AppsV1.PatchNamespacedDeploymentAsync(
            new V1Patch("""{"spec":{"replicas":0}}""", V1Patch.PatchType.MergePatch), release.SchedulerName, release.Namespace, cancellationToken: cancellationToken);
        await NoPodsAsync(client, release, cancellationToken);
    }

    private static Task NoPodsAsync(k8s.Kubernetes client, DaskRelease release, CancellationToken cancellationToken) =>
        Poll.UntilAsync(async () => !(await SchedulersAsync(client, release, cancellationToken)).Any());

    private static async Task<IList<V1Pod>> SchedulersAsync(k8s.Kubernetes client, DaskRelease release, CancellationToken cancellationToken) =>
        (await client.CoreV1.ListNamespacedPodAsync(release.Namespace, labelSelector: "component=scheduler", cancellationToken: cancellationToken)).Items;

    private static Dictionary<string, string> TlsVariables(TlsDask tls)
    {
        Dictionary<string, string> variables = new()
        {
            ["DASK_DISTRIBUTED__COMM__DEFAULT_SCHEME"] = "tls",
            ["DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION"] = "True",
            ["DASK_DISTRIBUTED__COMM__TLS__CA_FILE"] = Path.Combine(tls.Directory, "ca.pem"),
        };
        foreach (string role in (string[])["SCHEDULER", "WORKER", "CLIENT"])
        {
            variables[$"DASK_DISTRIBUTED__COMM__TLS__{role}__CERT"] = Path.Combine(tls.Directory, "server.pem");
            variables[$"DASK_DISTRIBUTED__COMM__TLS__{role}__KEY"] = Path.Combine(tls.Directory, "server.key");
        }

        return variables;
    }

    /// <summary>Writes the same as a file, which the pods read as they would read one that a ConfigMap brings.</summary>
    private static Dictionary<string, string> TlsFile(TlsDask tls)
    {
        string own = $"{{cert: {Path.Combine(tls.Directory, "server.pem")}, key: {Path.Combine(tls.Directory, "server.key")}}}";
        string folder = Directory.CreateDirectory(Path.Combine(tls.Directory, "configuration")).FullName;
        File.WriteAllText(
            Path.Combine(folder, "tls.yaml"),
            $"distributed:\n  comm:\n    default-scheme: tls\n    require-encryption: true\n    tls:\n      ca-file: {Path.Combine(tls.Directory, "ca.pem")}\n      scheduler: {own}\n      worker: {own}\n      client: {own}\n");
        return new Dictionary<string, string> { ["DASK_CONFIG"] = folder };
    }

    private static DaskRelease Flux() => new()
    {
        Workers = 2,
        RecordNamespace = "flux-system",
        ObjectLabels = new Dictionary<string, string> { ["helm.toolkit.fluxcd.io/name"] = "my-dask", ["helm.toolkit.fluxcd.io/namespace"] = "flux-system" },
    };
}
