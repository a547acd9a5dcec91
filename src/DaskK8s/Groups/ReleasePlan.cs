using DaskK8s.Reach;

namespace DaskK8s.Groups;

/// <summary>Holds what a release consists of: its groups, its scheduler, and what is known of the release itself.</summary>
/// <param name="Release">The release.</param>
/// <param name="Groups">The worker groups, the default one first.</param>
/// <param name="Scheduler">The scheduler.</param>
/// <param name="SchedulerDeployment">The scheduler's Deployment; empty where the release has none.</param>
/// <param name="JupyterLink">Where the release's Jupyter is served, or null where it has none.</param>
internal sealed record ReleasePlan(
    HelmRelease Release, IReadOnlyList<GroupPlan> Groups, SchedulerPlan Scheduler, string SchedulerDeployment, string? JupyterLink)
{
    /// <summary>Gets the names of all Deployments of the instance.</summary>
    public IReadOnlyList<string> Deployments { get; init; } = [];

    /// <summary>Gets the Deployments of the release's other instances, which are none of this cluster object's business.</summary>
    public IReadOnlySet<string> OtherDeployments { get; init; } = new HashSet<string>();

    /// <summary>Gets the label selector of Jupyter's pods.</summary>
    public string? JupyterSelector { get; init; }

    /// <summary>Gets the Deployments that the manifest has and the namespace has not.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];
}
