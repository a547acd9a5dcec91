using System.Globalization;

using DaskK8s.Common;
using DaskK8s.Helm.Chart;
using DaskK8s.Helm.Records;
using DaskK8s.Reach;
using DaskK8s.Yaml;
using DaskK8s.Helm.Values;

using k8s.Models;

namespace DaskK8s.Groups;

/// <summary>Determines the parts of a release from Helm's record, or from its Deployments' labels if the record cannot be read.</summary>
internal static class ReleasePlanReader
{
    /// <summary>Reads the plan from the release's record.</summary>
    /// <exception cref="HelmReleaseNotDaskException">The release comes from another chart.</exception>
    /// <exception cref="HelmReleaseInstanceException">Several instances exist and none was selected, or no instance has the name.</exception>
    public static ReleasePlan FromRecord(HelmRelease release, ReleaseRecord record, WorkloadSnapshot snapshot, ReleaseOptions options)
    {
        ChartInstance instance = Choose(release.Name, release.Namespace, record.Instances, options);
        ReleaseOrigin origin = OriginOf(instance, snapshot);
        HelmRelease chosen = release with
        {
            Values = new HelmValues(record.Defaults, record.Config, instance.Path),
            Instance = instance.Name,
            Instances = [.. record.Instances.Select(static i => i.Name)],
            ManagedBy = origin.ManagedBy ?? "Helm",
            UpgradeObstacle = origin.UpgradeObstacle(hasRecord: true),
        };
        return ToPlan(chosen, instance, record.Instances, snapshot, options, isServiceKnown: true);
    }

    /// <summary>Returns the namespace of the objects in a record.</summary>
    public static string NamespaceOf(ReleaseRecord record, ReleaseOptions options)
    {
        ChartInstance? instance = record.Instances.FirstOrDefault(i => options.Instance is null || i.IsNamed(options.Instance));
        return instance?.Namespace ?? record.Namespace;
    }

    /// <summary>Reads the plan from labels and annotations.</summary>
    /// <param name="releaseName">The release's name.</param>
    /// <param name="namespace">The objects' namespace.</param>
    /// <param name="snapshot">The objects that exist there.</param>
    /// <param name="options">The options, which name the components and can select an instance.</param>
    /// <param name="mayHaveRecord">Whether Helm's record might exist but cannot be read.</param>
    /// <returns>The plan, or null if no Deployment belongs to the release.</returns>
    /// <exception cref="HelmReleaseInstanceException">Several instances exist and none was selected, or no instance has the name.</exception>
    public static ReleasePlan? FromLabels(string releaseName, string @namespace, WorkloadSnapshot snapshot, ReleaseOptions options, bool mayHaveRecord)
    {
        IReadOnlyList<ChartInstance> instances = ChartInstances.FromLive(
            releaseName, ComponentNames(options), snapshot.Deployments.Where(d => IsOf(d, releaseName)).Select(ToChart));
        if (instances.Count == 0)
        {
            return null;
        }

        ChartInstance instance = Choose(releaseName, @namespace, instances, options);
        ReleaseOrigin origin = OriginOf(instance, snapshot);
        HelmRelease release = new()
        {
            Name = releaseName,
            Namespace = @namespace,
            Source = HelmReleaseSource.Labels,
            ChartName = instance.Path.Count == 0 ? DaskValues.ChartName : instance.Path[^1],
            ChartVersion = instance.ChartVersion ?? "",
            Instance = instance.Name,
            Instances = [.. instances.Select(static i => i.Name)],
            ManagedBy = origin.ManagedBy,
            UpgradeObstacle = origin.UpgradeObstacle(mayHaveRecord),
        };
        return ToPlan(release, instance, instances, snapshot, options, isServiceKnown: false);
    }

    /// <summary>Returns the origin of a release's objects.</summary>
    public static ReleaseOrigin OriginOf(string releaseName, WorkloadSnapshot snapshot) =>
        ReleaseOrigin.Of(snapshot.Deployments.Where(d => IsOf(d, releaseName)).Select(static d => d.Metadata));

    private static ReleaseOrigin OriginOf(ChartInstance instance, WorkloadSnapshot snapshot) =>
        ReleaseOrigin.Of(instance.DeploymentNames.Select(snapshot.FindDeployment).OfType<V1Deployment>().Select(static d => d.Metadata));

    private static ChartInstance Choose(string releaseName, string @namespace, IReadOnlyList<ChartInstance> instances, ReleaseOptions options)
    {
        ChartInstance[] named = options.Instance is { } asked ? [.. instances.Where(i => i.IsNamed(asked))] : [.. instances];
        return named.Length == 1
            ? named[0]
            : named.FirstOrDefault(i => i.Name == options.Instance)
                ?? throw new HelmReleaseInstanceException(releaseName, @namespace, options.Instance, [.. instances.Select(static i => i.Name)]);
    }

    private static ReleasePlan ToPlan(
        HelmRelease release, ChartInstance instance, IReadOnlyList<ChartInstance> all, WorkloadSnapshot snapshot, ReleaseOptions options, bool isServiceKnown)
    {
        ChartObjects objects = instance.Objects;
        ChartScheduler? scheduler = objects.Scheduler;
        string deployment = scheduler?.DeploymentName ?? "";
        SchedulerPlan plan = new(
            scheduler is not null,
            scheduler?.ServiceName ?? objects.Names.Scheduler,
            isServiceKnown ? scheduler?.ServiceType : null,
            scheduler?.CommPort.Port ?? DaskPorts.Scheduler,
            isServiceKnown ? scheduler?.DashboardPort.Port : null,
            SelectorOf(snapshot.FindDeployment(deployment), release.Name, scheduler?.Component ?? "scheduler"),
            objects.CustomSchedulerUrl,
            LinkTo(scheduler?.Ingress, "status"))
        {
            PodPort = scheduler?.ListenPort ?? DaskPorts.Scheduler,
            DashboardPodPort = scheduler?.DashboardListenPort ?? DaskPorts.Dashboard,
            UsesTls = scheduler?.UsesTls == true,
            TargetPort = scheduler?.CommPort.TargetPort ?? DaskPorts.Scheduler,
        };
        GroupPlan[] groups = [.. objects.WorkerGroups.Select(g => ToGroup(g, plan, release.Namespace, snapshot, options, isServiceKnown))];
        return new ReleasePlan(release, groups, plan, deployment, JupyterLink(objects.Jupyter, release.Namespace))
        {
            Deployments = instance.DeploymentNames,
            OtherDeployments = all.Where(i => i != instance).SelectMany(static i => i.DeploymentNames).Except(instance.DeploymentNames).ToHashSet(StringComparer.Ordinal),
            JupyterSelector = objects.Jupyter is { } jupyter ? SelectorOf(snapshot.FindDeployment(jupyter.DeploymentName), release.Name, "jupyter") : null,
            Missing = [.. instance.DeploymentNames.Where(name => snapshot.FindDeployment(name) is null)],
        };
    }

    private static GroupPlan ToGroup(
        ChartWorkerGroup group, SchedulerPlan scheduler, string @namespace, WorkloadSnapshot snapshot, ReleaseOptions options, bool areValuesKnown)
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
            Doubt = isOwn is not null ? null
                : options.SchedulerAddress is { } address && named is not null ? $"its Deployment names the scheduler {named}, and {address} was set manually"
                : named is not null ? $"its Deployment names the scheduler {named}"
                : "its Deployment does not say which scheduler its workers use",
        };
    }

    /// <summary>Returns the label selector of a Deployment's pods, from the Deployment itself if it exists.</summary>
    private static string SelectorOf(V1Deployment? deployment, string releaseName, string component) =>
        deployment?.Spec?.Selector?.MatchLabels is { Count: > 0 } labels
            ? string.Join(",", labels.Select(static l => $"{l.Key}={l.Value}"))
            : $"release={releaseName},component={component}";

    private static bool IsOf(V1Deployment deployment, string releaseName) =>
        deployment.Metadata.Annotations is not { } annotations
        || !annotations.TryGetValue(ReleaseOrigin.ReleaseNameAnnotation, out string? name)
        || string.Equals(name, releaseName, StringComparison.Ordinal);

    /// <summary>Converts a live Deployment to the form that the chart's rules use.</summary>
    public static ChartDeployment ToChart(V1Deployment deployment)
    {
        V1Container? container = DaskContainer.Of(deployment.Spec?.Template?.Spec);
        IReadOnlyDictionary<string, string> variables = ContainerVariables.Read((container?.Env ?? []).Select(static e => KeyValuePair.Create(e.Name, e.ValueFrom is null ? e.Value ?? "" : null)));
        return new ChartDeployment
        {
            Name = deployment.Metadata.Name,
            Namespace = deployment.Metadata.NamespaceProperty,
            Labels = deployment.Metadata.Labels?.AsReadOnly() ?? (IReadOnlyDictionary<string, string>)new Dictionary<string, string>(),
            Replicas = deployment.Spec?.Replicas ?? 1,
            Container = container?.Name ?? "",
            Environment = ChartDeployment.DaskVariables(variables),
            Image = container?.Image ?? "",
            CommandLine = WorkerCommandLine.Parse(container?.Command, container?.Args, variables),
        };
    }

    private static ValueNode.Map ComponentNames(ReleaseOptions options) => new(new()
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
}
