using DaskK8s.Testing.Releases;
using k8s;

namespace DaskK8s.Testing;

/// <summary>
/// A release of the Dask Helm chart, installed without Helm: its storage records and the objects of its manifest, as Helm and the chart write them. It can be
/// installed on an <see cref="EmbeddedCluster"/> and on any other cluster.
/// </summary>
public sealed record DaskRelease
{
    /// <summary>Gets the release's name.</summary>
    /// <value><c>my-dask</c> by default.</value>
    public string Name { get; init; } = "my-dask";

    /// <summary>Gets the namespace; it is created if it does not exist.</summary>
    /// <value><c>default</c> by default.</value>
    public string Namespace { get; init; } = "default";

    /// <summary>Gets the number of workers of the default group.</summary>
    /// <value>3 by default.</value>
    public int Workers { get; init; } = 3;

    /// <summary>Gets the additional worker groups.</summary>
    /// <value>None by default.</value>
    public IReadOnlyList<DaskReleaseGroup> Groups { get; init; } = [];

    /// <summary>Gets the image of the scheduler and the workers.</summary>
    /// <value><c>daskdev/dask:2024.12.1</c> by default.</value>
    public string Image { get; init; } = "daskdev/dask:2024.12.1";

    /// <summary>Gets the type of the scheduler's Service: <c>ClusterIP</c>, <c>NodePort</c> or <c>LoadBalancer</c>.</summary>
    /// <value><c>ClusterIP</c> by default.</value>
    public string ServiceType { get; init; } = "ClusterIP";

    /// <summary>Gets the chart value <c>fullnameOverride</c>.</summary>
    /// <value>None by default.</value>
    public string? FullnameOverride { get; init; }

    /// <summary>Gets the chart value <c>nameOverride</c>.</summary>
    /// <value>None by default.</value>
    public string? NameOverride { get; init; }

    /// <summary>Gets where the records are stored.</summary>
    /// <value>In Secrets by default.</value>
    public HelmStorageDriver StorageDriver { get; init; }

    /// <summary>Gets the major version of Helm that writes the records: 3 creates and patches, 4 uses server-side apply.</summary>
    /// <value>3 by default.</value>
    public int HelmVersion { get; init; } = 3;

    /// <summary>Gets the revision number; earlier revisions are written as superseded.</summary>
    /// <value>1 by default.</value>
    public int Revision { get; init; } = 1;

    /// <summary>Gets Helm's status of the newest revision.</summary>
    /// <value><c>deployed</c> by default.</value>
    public string Status { get; init; } = "deployed";

    /// <summary>Gets the chart's name.</summary>
    /// <value><c>dask</c> by default.</value>
    public string ChartName { get; init; } = "dask";

    /// <summary>Gets the chart's version.</summary>
    /// <value><c>2025.11.0</c> by default.</value>
    public string ChartVersion { get; init; } = "2025.11.0";

    /// <summary>Gets a value indicating whether the release has a scheduler of its own.</summary>
    /// <value><see langword="true"/> by default.</value>
    public bool SchedulerEnabled { get; init; } = true;

    /// <summary>Gets the address of an external scheduler that the workers connect to (<c>worker.custom_scheduler_url</c>).</summary>
    /// <value>None by default.</value>
    public string? CustomSchedulerUrl { get; init; }

    /// <summary>Gets the port of the scheduler's Service, and the port that the scheduler listens on (<c>scheduler.servicePort</c>).</summary>
    /// <value>8786 by default. As with the real chart, the Service always targets port 8786 of the pod, so that other ports do not work.</value>
    public int SchedulerPort { get; init; } = 8786;

    /// <summary>Gets the port of the dashboard in the scheduler's Service; the dashboard itself always listens on 8787.</summary>
    /// <value>80 by default.</value>
    public int DashboardPort { get; init; } = 80;

    /// <summary>Gets the limits of the default group's workers; they determine a worker's number of threads and memory limit.</summary>
    /// <value>One CPU and 512 MB by default.</value>
    public IReadOnlyDictionary<string, string> WorkerLimits { get; init; } = new Dictionary<string, string> { ["cpu"] = "1", ["memory"] = "512M" };

    /// <summary>Gets the requests of the default group's workers.</summary>
    /// <value>0.01 CPU and 100 MB by default.</value>
    public IReadOnlyDictionary<string, string> WorkerRequests { get; init; } = new Dictionary<string, string> { ["cpu"] = "10m", ["memory"] = "100M" };

    /// <summary>Gets the command that starts a worker.</summary>
    /// <value><c>dask-worker</c> by default.</value>
    public string WorkerCommand { get; init; } = "dask-worker";

    /// <summary>Gets additional arguments of the default group's workers.</summary>
    /// <value>None by default.</value>
    public IReadOnlyList<string> WorkerArgs { get; init; } = [];

    /// <summary>Gets additional arguments of the scheduler.</summary>
    /// <value>None by default.</value>
    public IReadOnlyList<string> SchedulerArgs { get; init; } = [];

    /// <summary>Gets the environment variables of the workers and the scheduler.</summary>
    /// <value>None by default.</value>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Gets a value indicating whether Jupyter is part of the release, with its service account and role.</summary>
    /// <value><see langword="false"/> by default (the chart's own default is true).</value>
    public bool Jupyter { get; init; }

    /// <summary>Gets the host name of an Ingress for the dashboard.</summary>
    /// <value>None by default: no Ingress.</value>
    public string? IngressHost { get; init; }

    /// <summary>Gets the number of random bytes in the release's values, to create a large record.</summary>
    /// <value>0 by default.</value>
    public int Padding { get; init; }

    /// <summary>Gets the namespace of the records, as set by Flux's <c>storageNamespace</c>.</summary>
    /// <value>The release's namespace by default.</value>
    public string? RecordNamespace { get; init; }

    /// <summary>Gets a value indicating whether Helm keeps a record of the release; without one, it is rendered by <c>helm template</c> and applied, or in Helm's SQL driver.</summary>
    /// <value><see langword="true"/> by default.</value>
    public bool HasRecord { get; init; } = true;

    /// <summary>Gets a value indicating whether the objects carry Helm's own annotations and label.</summary>
    /// <value>As <see cref="HasRecord"/> by default: rendered and applied objects do not carry them, but those of the SQL driver do.</value>
    public bool? HasHelmMarks { get; init; }

    /// <summary>Gets a value indicating whether the objects are installed; a failed install has a record and no objects.</summary>
    /// <value><see langword="true"/> by default.</value>
    public bool HasObjects { get; init; } = true;

    /// <summary>Gets Helm's description of the newest revision.</summary>
    /// <value>Null by default: <c>Install complete</c> or <c>Upgrade complete</c>.</value>
    public string? Description { get; init; }

    /// <summary>Gets additional labels of each object, for example those of Flux.</summary>
    /// <value>None by default.</value>
    public IReadOnlyDictionary<string, string> ObjectLabels { get; init; } = new Dictionary<string, string>();

    /// <summary>Gets additional annotations of each object, for example the tracking ID of Argo CD.</summary>
    /// <value>None by default.</value>
    public IReadOnlyDictionary<string, string> ObjectAnnotations { get; init; } = new Dictionary<string, string>();

    /// <summary>Gets the path of subcharts (names or aliases) from the release's own chart to the Dask chart: <c>["analytics", "dask-gpu"]</c>.</summary>
    /// <value>Empty by default: the release's own chart is the Dask chart.</value>
    public IReadOnlyList<string> Subchart { get; init; } = [];

    /// <summary>Gets the name of the release's own chart if <see cref="Subchart"/> is set.</summary>
    /// <value><c>platform</c> by default.</value>
    public string UmbrellaName { get; init; } = "platform";

    /// <summary>Gets further instances of the Dask chart in the same release, each with its own <see cref="Subchart"/>; name and namespace are the release's.</summary>
    /// <value>None by default.</value>
    public IReadOnlyList<DaskRelease> Instances { get; init; } = [];

    /// <summary>Gets the name of the worker component (<c>worker.name</c>); charts before 2021 name the Deployment and its <c>component</c> label after it.</summary>
    /// <value><c>worker</c> by default.</value>
    public string WorkerComponent { get; init; } = "worker";

    /// <summary>Gets the containers that a webhook injects into the release's pods on an <see cref="EmbeddedCluster"/>.</summary>
    /// <value>None by default.</value>
    public IReadOnlyList<DaskInjectedContainer> InjectedContainers { get; init; } = [];

    /// <summary>Gets a value indicating whether the chart is an old version without additional groups and external schedulers.</summary>
    internal bool IsOldChart => int.TryParse(ChartVersion.Split('.')[0], out int major) && major < 2021;

    /// <summary>Gets the release's instances of the chart, this one first.</summary>
    internal IEnumerable<DaskRelease> All =>
        Instances.Select(instance => instance with { Name = Name, Namespace = Namespace, UmbrellaName = UmbrellaName, Instances = [] }).Prepend(this);

    /// <summary>Gets the full name, the prefix of all object names.</summary>
    public string Fullname => ChartNames.Fullname(this);

    /// <summary>Gets the name of the Deployment and the Service of the scheduler.</summary>
    public string SchedulerName => $"{Fullname}-scheduler";

    /// <summary>Gets the name of the Deployment of the default group.</summary>
    public string WorkerName => $"{Fullname}-{(IsOldChart ? WorkerComponent : "worker")}";

    /// <summary>Returns the name of the Deployment of an additional group.</summary>
    /// <param name="group">The group's name.</param>
    /// <returns>The Deployment's name.</returns>
    public string GroupName(string group) => $"{Fullname}-worker-{group}";

    /// <summary>Installs the release.</summary>
    /// <param name="client">The cluster.</param>
    /// <param name="cancellationToken">Cancels the calls.</param>
    /// <returns>A task that completes when all objects are created; pods may not be running yet.</returns>
    public Task InstallAsync(IKubernetes client, CancellationToken cancellationToken = default) => new ReleaseInstaller(client, this).InstallAsync(cancellationToken);

    /// <summary>Upgrades the installed release of this name to this definition, as a new revision.</summary>
    /// <param name="client">The cluster.</param>
    /// <param name="cancellationToken">Cancels the calls.</param>
    /// <returns>The number of the new revision.</returns>
    /// <exception cref="k8s.Autorest.HttpOperationException">The API rejected an object, with Helm 4 also because of a field conflict. The revision is recorded as failed.</exception>
    public Task<int> UpgradeAsync(IKubernetes client, CancellationToken cancellationToken = default) => new ReleaseInstaller(client, this).UpgradeAsync(cancellationToken);

    /// <summary>Removes the release's objects and its records.</summary>
    /// <param name="client">The cluster.</param>
    /// <param name="cancellationToken">Cancels the calls.</param>
    /// <returns>A task that completes when everything is deleted; pods may still be terminating.</returns>
    public Task UninstallAsync(IKubernetes client, CancellationToken cancellationToken = default) => new ReleaseInstaller(client, this).UninstallAsync(cancellationToken);
}
