using DaskK8s.Common;
using DaskK8s.Helm.Records;
using DaskK8s.Helm.Values;
using DaskK8s.Yaml;

namespace DaskK8s.Helm.Chart;

/// <summary>The objects of a release of the Dask chart, by name.</summary>
internal sealed record ChartObjects
{
    /// <summary>Gets the names according to the chart's rules; the names in the manifest take precedence, if there is one.</summary>
    public required ChartNames Names { get; init; }

    /// <summary>Gets the release's scheduler; null if the release has none.</summary>
    public ChartScheduler? Scheduler { get; init; }

    /// <summary>Gets a value indicating whether the values enable the release's own scheduler.</summary>
    public bool SchedulerEnabled { get; init; } = true;

    /// <summary>Gets the address of an external scheduler that the workers connect to, as set in the values; null for the release's own.</summary>
    public string? CustomSchedulerUrl { get; init; }

    /// <summary>Gets the worker groups in the order of the values, starting with the default group.</summary>
    public IReadOnlyList<ChartWorkerGroup> WorkerGroups { get; init; } = [];

    /// <summary>Gets the Jupyter server; null if there is none.</summary>
    public ChartJupyter? Jupyter { get; init; }

    /// <summary>Reads a release's record.</summary>
    /// <param name="record">The record of the revision whose objects are in the cluster.</param>
    /// <returns>The objects of the Dask chart's first instance.</returns>
    /// <exception cref="HelmReleaseUnreadableException">An object of the Dask chart in the manifest cannot be read.</exception>
    /// <exception cref="HelmReleaseNotDaskException">The release comes from another chart and contains nothing of Dask.</exception>
    public static ChartObjects FromRecord(ReleaseRecord record) => record.Instances[0].Objects;

    /// <summary>Assigns objects to the chart's parts, regardless of where the objects were read.</summary>
    /// <param name="release">The name of the release.</param>
    /// <param name="daskValues">The Dask chart's computed values; empty if unknown.</param>
    /// <param name="deployments">The release's Deployments, including those of other charts.</param>
    /// <param name="services">The release's Services.</param>
    /// <param name="ingresses">The release's Ingresses.</param>
    /// <param name="chartName">The name of the Dask chart in the release.</param>
    /// <returns>The objects.</returns>
    public static ChartObjects From(
        string release,
        ValueNode.Map daskValues,
        IReadOnlyList<ChartDeployment> deployments,
        IReadOnlyList<ChartService> services,
        IReadOnlyList<ChartIngress> ingresses,
        string chartName = DaskValues.ChartName)
    {
        ChartComponents components = new(daskValues, chartName);
        ChartDeployment? scheduler = deployments.FirstOrDefault(components.IsScheduler);
        ChartNames byRule = ChartNames.For(release, daskValues, chartName);

        ChartDeployment[] workers = [.. deployments.Where(components.IsWorker)];

        // Where the rules do not fit what is there, the scheduler's name tells, else that of the default group: all others are longer.
        ChartNames names = deployments.Any(deployment => deployment.Name == byRule.Scheduler || deployment.Name == byRule.DefaultWorkers)
            ? byRule
            : (scheduler is null ? null : ChartNames.Around(scheduler.Name, "scheduler"))
                ?? (workers.MinBy(static worker => worker.Name.Length) is { } shortest ? ChartNames.Around(shortest.Name, "worker") : null)
                ?? byRule;
        ChartDeployment? jupyter = deployments.FirstOrDefault(deployment => components.IsJupyter(deployment.Labels));
        return new ChartObjects
        {
            Names = names,
            SchedulerEnabled = daskValues.BoolAt("scheduler", "enabled") ?? true,
            CustomSchedulerUrl = daskValues.TextAt(DaskValues.WorkerKey, "custom_scheduler_url"),
            Scheduler = scheduler is null ? null : Describe(scheduler, services.FirstOrDefault(components.IsScheduler), ingresses, names),
            WorkerGroups = ChartWorkerGroups.Match(workers, names, daskValues),
            Jupyter = jupyter is null ? null : Describe(jupyter, services.FirstOrDefault(service => components.IsJupyter(service.Labels)), ingresses),
        };
    }

    private static ChartScheduler Describe(ChartDeployment deployment, ChartService? service, IReadOnlyList<ChartIngress> ingresses, ChartNames names)
    {
        string serviceName = service?.Name ?? deployment.Name;
        return new ChartScheduler
        {
            DeploymentName = deployment.Name,
            ServiceName = serviceName,
            ServiceType = service?.Type ?? "ClusterIP",
            LoadBalancerAddress = service?.LoadBalancerAddress,
            CommPort = service?.FindPort(names.CommPort, "-scheduler", DaskPorts.Scheduler)
                ?? new ChartServicePort(names.CommPort, DaskPorts.Scheduler, DaskPorts.Scheduler, null),
            DashboardPort = service?.FindPort(names.DashboardPort, "-webui", DaskPorts.Dashboard)
                ?? new ChartServicePort(names.DashboardPort, 80, DaskPorts.Dashboard, null),
            Ingress = ingresses.FirstOrDefault(ingress => ingress.ServiceName == serviceName),
            Component = deployment.Component.Length > 0 ? deployment.Component : "scheduler",
            UsesTls = deployment.CommandLine.UsesTls || deployment.UsesTlsByEnvironment,
            ListenPort = deployment.CommandLine.Port ?? DaskPorts.Scheduler,
            DashboardListenPort = deployment.CommandLine.DashboardPort ?? DaskPorts.Dashboard,
        };
    }

    private static ChartJupyter Describe(ChartDeployment deployment, ChartService? service, IReadOnlyList<ChartIngress> ingresses) => new(
        deployment.Name,
        service?.Name,
        service?.Ports.Count > 0 ? service.Ports[0].Port : null,
        service?.Type,
        ingresses.FirstOrDefault(ingress => service is not null && ingress.ServiceName == service.Name));
}
