using DaskK8s.Reach;

namespace DaskK8s.Groups;

/// <summary>Holds what a release consists of: its groups, its scheduler, and what is known of the release itself.</summary>
/// <param name="Release">The release.</param>
/// <param name="Groups">The worker groups, the default one first.</param>
/// <param name="Scheduler">The scheduler.</param>
/// <param name="SchedulerDeployment">The scheduler's Deployment; empty where the release has none.</param>
/// <param name="JupyterLink">Where the release's Jupyter is served, or null where it has none.</param>
internal sealed record ReleasePlan(
    HelmRelease Release, IReadOnlyList<GroupPlan> Groups, SchedulerPlan Scheduler, string SchedulerDeployment, string? JupyterLink);
