using System.Globalization;

using DaskK8s.Helm.Chart;
using DaskK8s.Helm.Records;
using DaskK8s.Helm.Values;
using DaskK8s.Reach;

using k8s.Models;

namespace DaskK8s.Groups;

/// <summary>Makes out what a release consists of: from Helm's record, or from its Deployments' labels where that may not be read.</summary>
internal static class ReleasePlanReader
{
    private const string ReleaseNameAnnotation = "meta.helm.sh/release-name";

    /// <summary>Reads the plan off the release's record.</summary>
    /// <exception cref="HelmReleaseNotDaskException">The release comes from another chart.</exception>
    public static ReleasePlan FromRecord(HelmRelease release, ReleaseRecord record, WorkloadSnapshot snapshot, HelmClusterOptions options) =>
        ToPlan(release, ChartObjects.FromRecord(record), snapshot, options, isServiceKnown: true);

    /// <summary>Reads the plan off labels and annotations.</summary>
    /// <returns>The plan, or null where no Deployment says that it belongs to the release.</returns>
    public static ReleasePlan? FromLabels(string releaseName, string @namespace, WorkloadSnapshot snapshot, HelmClusterOptions options)
    {
        ChartDeployment[] own = [.. snapshot.Deployments.Where(d => IsOf(d, releaseName)).Select(ToChart)];
        ChartObjects objects = ChartObjects.From(releaseName, ComponentNames(options), own, [], []);
        if (objects.WorkerGroups.Count == 0 && objects.Scheduler is null)
        {
            return null;
        }

        (string chart, string version) = SplitChart(own.Select(static d => d.Labels.GetValueOrDefault("chart", "")).FirstOrDefault(static c => c.Length > 0) ?? "");
        HelmRelease release = new()
        {
            Name = releaseName,
            Namespace = @namespace,
            Source = HelmReleaseSource.Labels,
            ChartName = chart,
            ChartVersion = version,
        };
        return ToPlan(release, objects, snapshot, options, isServiceKnown: false);
    }

    private static ReleasePlan ToPlan(
        HelmRelease release, ChartObjects objects, WorkloadSnapshot snapshot, HelmClusterOptions options, bool isServiceKnown)
    {
        ChartScheduler? scheduler = objects.Scheduler;
        string deployment = scheduler?.DeploymentName ?? "";
        SchedulerPlan plan = new(
            scheduler is not null,
            scheduler?.ServiceName ?? objects.Names.Scheduler,
            isServiceKnown ? scheduler?.ServiceType : null,
            scheduler?.CommPort.Port ?? SchedulerLink.SchedulerPodPort,
            isServiceKnown ? scheduler?.DashboardPort.Port : null,
            SelectorOf(snapshot.FindDeployment(deployment), release.Name, scheduler?.Component ?? "scheduler"),
            objects.CustomSchedulerUrl,
            LinkTo(scheduler?.Ingress, "status"))
        {
            PodPort = scheduler?.ListenPort ?? SchedulerLink.SchedulerPodPort,
            DashboardPodPort = scheduler?.DashboardListenPort ?? SchedulerLink.DashboardPodPort,
            UsesTls = scheduler?.UsesTls == true,
            TargetPort = scheduler?.CommPort.TargetPort ?? SchedulerLink.SchedulerPodPort,
        };
        GroupPlan[] groups = [.. objects.WorkerGroups.Select(g => ToGroup(g, plan, release.Namespace, snapshot, options, isServiceKnown))];
        return new ReleasePlan(release, groups, plan, deployment, JupyterLink(objects.Jupyter, release.Namespace));
    }

    private static GroupPlan ToGroup(
        ChartWorkerGroup group, SchedulerPlan scheduler, string @namespace, WorkloadSnapshot snapshot, HelmClusterOptions options, bool areValuesKnown)
    {
        ChartDeployment? deployment = snapshot.FindDeployment(group.DeploymentName) is { } live ? ToChart(live) : group.Deployment;
        string? named = deployment?.SchedulerAddress;
        bool? isOwn = options.SchedulerAddress is { } given ? (SchedulerName.AreSame(named, given) == true ? true : null)
            : scheduler.IsEnabled ? SchedulerName.IsOf(named, scheduler.ServiceName, @namespace)
            : SchedulerName.AreSame(named, scheduler.CustomAddress);
        return new GroupPlan(
            group.Name, group.IsDefault, group.DeploymentName, areValuesKnown ? group.DeclaredReplicas : null, areValuesKnown ? group.ManifestReplicas : null)
        {
            Container = deployment?.Container is { Length: > 0 } container ? container : null,
            OtherScheduler = isOwn == false ? named : null,
            NamesOwnScheduler = isOwn == true,
        };
    }

    /// <summary>Gives the label selector of a Deployment's pods, from the Deployment itself where it is there.</summary>
    private static string SelectorOf(V1Deployment? deployment, string releaseName, string component) =>
        deployment?.Spec?.Selector?.MatchLabels is { Count: > 0 } labels
            ? string.Join(",", labels.Select(static l => $"{l.Key}={l.Value}"))
            : $"release={releaseName},component={component}";

    private static bool IsOf(V1Deployment deployment, string releaseName) =>
        deployment.Metadata.Annotations is not { } annotations
        || !annotations.TryGetValue(ReleaseNameAnnotation, out string? name)
        || string.Equals(name, releaseName, StringComparison.Ordinal);

    /// <summary>Gives a live Deployment the form that the chart's rules read.</summary>
    public static ChartDeployment ToChart(V1Deployment deployment)
    {
        V1Container? container = DaskContainer.Of(deployment.Spec?.Template?.Spec);
        return new ChartDeployment
        {
            Name = deployment.Metadata.Name,
            Labels = deployment.Metadata.Labels?.AsReadOnly() ?? (IReadOnlyDictionary<string, string>)new Dictionary<string, string>(),
            Replicas = deployment.Spec?.Replicas ?? 1,
            Container = container?.Name ?? "",
            Environment = ChartDeployment.DaskVariables((container?.Env ?? []).Select(static e => KeyValuePair.Create(e.Name, (string?)e.Value))),
            Image = container?.Image ?? "",
            CommandLine = WorkerCommandLine.Parse(container?.Command, container?.Args),
        };
    }

    private static ValueNode.Map ComponentNames(HelmClusterOptions options) => new(new()
    {
        ["scheduler"] = Named(options.SchedulerComponent),
        ["worker"] = Named(options.WorkerComponent),
    });

    private static ValueNode.Map Named(string name) => new(new() { ["name"] = new ValueNode.Text(name) });

    private static string? LinkTo(ChartIngress? ingress, string page) =>
        ingress?.Address is { } address ? new Uri(address, page).AbsoluteUri : null;

    private static string? JupyterLink(ChartJupyter? jupyter, string @namespace) => jupyter switch
    {
        null => null,
        { Ingress.Address: { } address } => address.AbsoluteUri,
        { ServiceName: { } service, ServicePort: var port } => string.Create(
            CultureInfo.InvariantCulture, $"http://{service}.{@namespace}.svc{(port is null or 80 ? "" : $":{port}")}/"),
        _ => null,
    };

    /// <summary>Takes <c>dask-2025.11.0</c> apart; Helm writes + as _ in labels.</summary>
    private static (string Name, string Version) SplitChart(string label)
    {
        int dash = label.LastIndexOf('-');
        return dash < 0 ? (label, "") : (label[..dash], label[(dash + 1)..].Replace('_', '+'));
    }
}
