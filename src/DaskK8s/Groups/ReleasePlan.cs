using DaskK8s.Reach;

namespace DaskK8s.Groups;

/// <summary>The parts of a release: its groups, its scheduler, and what is known about the release itself.</summary>
/// <param name="Release">The release.</param>
/// <param name="Groups">The worker groups, the default one first.</param>
/// <param name="Scheduler">The scheduler.</param>
/// <param name="SchedulerDeployment">The scheduler's Deployment; empty if the release has none.</param>
/// <param name="JupyterLink">The URL of the release's Jupyter, or null if it has none.</param>
internal sealed record ReleasePlan(
    HelmRelease Release, IReadOnlyList<GroupPlan> Groups, SchedulerPlan Scheduler, string SchedulerDeployment, string? JupyterLink)
{
    /// <summary>Gets the names of all Deployments of the instance.</summary>
    public IReadOnlyList<string> Deployments { get; init; } = [];

    /// <summary>Gets the Deployments of the release's other instances, which this cluster object ignores.</summary>
    public IReadOnlySet<string> OtherDeployments { get; init; } = new HashSet<string>();

    /// <summary>Gets the label selector of Jupyter's pods.</summary>
    public string? JupyterSelector { get; init; }

    /// <summary>Gets the Deployments that are in the manifest but not in the namespace.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];
}
