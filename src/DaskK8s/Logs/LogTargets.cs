using DaskK8s.Groups;

using k8s.Models;

namespace DaskK8s.Logs;

/// <summary>Selects the pods whose logs are read.</summary>
internal sealed class LogTargets(PodLogFilter filter, string? workerGroup, IReadOnlyList<GroupPlan> groups, string schedulerComponent, string workerComponent)
{
    private const string ComponentLabel = "component";

    private readonly PodOwners _owners = new(groups);

    public PodLogFilter Filter => filter;

    /// <summary>Returns the pod as a target, or null if it is not selected.</summary>
    public LogTarget? Choose(V1Pod pod)
    {
        GroupPlan? plan = _owners.Find(pod);
        string? group = plan?.Name;
        PodComponent component = ComponentOf(pod, group);
        bool wanted = (filter.Component == PodComponent.All || filter.Component == component)
            && (workerGroup is null || string.Equals(group, workerGroup, StringComparison.Ordinal))
            && (filter.PodName is null || string.Equals(pod.Metadata.Name, filter.PodName, StringComparison.Ordinal));
        return wanted ? new LogTarget(pod.Metadata.Name, group, component, DaskContainer.NameOf(pod, plan?.Container)) : null;
    }

    /// <summary>Returns a target's place: the scheduler's log comes first, then the workers' by group.</summary>
    public int PlaceOf(LogTarget target) => target.Component switch
    {
        PodComponent.Scheduler => -1,
        PodComponent.Worker => groups.TakeWhile(g => g.Name != target.Group).Count(),
        _ => int.MaxValue,
    };

    private PodComponent ComponentOf(V1Pod pod, string? group)
    {
        if (group is not null)
        {
            return PodComponent.Worker;
        }

        string? label = pod.Metadata.Labels is { } labels && labels.TryGetValue(ComponentLabel, out string? value) ? value : null;
        return label switch
        {
            "scheduler" => PodComponent.Scheduler,
            "worker" => PodComponent.Worker,
            "jupyter" => PodComponent.Jupyter,
            null => PodComponent.Other,
            _ when label == schedulerComponent => PodComponent.Scheduler,
            _ when label == workerComponent => PodComponent.Worker,
            _ => PodComponent.Other,
        };
    }
}
