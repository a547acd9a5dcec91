using DaskK8s.Testing;

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

    public static IReadOnlyList<ReleaseShape> All { get; } =
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
        new("An install that failed", new DaskRelease { Status = "failed", HasObjects = false, Description = "Release \"my-dask\" failed: quota" }),
    ];

    private static DaskRelease Flux() => new()
    {
        Workers = 2,
        RecordNamespace = "flux-system",
        ObjectLabels = new Dictionary<string, string> { ["helm.toolkit.fluxcd.io/name"] = "my-dask", ["helm.toolkit.fluxcd.io/namespace"] = "flux-system" },
    };
}
