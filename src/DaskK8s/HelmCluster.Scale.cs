using DaskK8s.Diagnostics;
using DaskK8s.Workers;

using k8s.Models;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    /// <summary>Sets how many pods a worker group shall have, and returns when the API server has accepted it.</summary>
    /// <param name="replicas">How many pods the group shall have.</param>
    /// <param name="workerGroup">The group's name; null for the default group.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>What was changed.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative, or larger than <see cref="HelmClusterOptions.MaxReplicas"/>.</exception>
    /// <exception cref="WorkerGroupNotFoundException">The release has no such group; the error lists those that there are.</exception>
    /// <exception cref="KubernetesApiException">The API server refused or could not answer; its children tell the cases apart.</exception>
    public async Task<ScaleResult> ScaleAsync(int replicas, string? workerGroup = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        ArgumentOutOfRangeException.ThrowIfNegative(replicas);
        if (replicas > _options.MaxReplicas)
        {
            throw new ArgumentOutOfRangeException(
                nameof(replicas), replicas, $"More than {nameof(HelmClusterOptions)}.{nameof(HelmClusterOptions.MaxReplicas)} ({_options.MaxReplicas}); raise that if it is meant.");
        }

        GroupPlan plan = FindPlan(workerGroup);
        int before = _workerGroups.FirstOrDefault(g => g.Name == plan.Name)?.Desired ?? 0;
        V1Deployment deployment = await new Scaler(_requests).SetReplicasAsync(plan.DeploymentName, replicas, cancellationToken).ConfigureAwait(false);
        int after = deployment.Spec?.Replicas ?? replicas;
        HelmClusterLog.Scaled(_logger, plan.Name, plan.DeploymentName, before, after);
        Telemetry.Scalings.Add(1, new("release", _releaseName), new("namespace", Namespace), new("group", plan.Name));
        return new ScaleResult { WorkerGroup = plan.Name, Before = before, After = after };
    }

    private GroupPlan FindPlan(string? workerGroup)
    {
        foreach (GroupPlan plan in _plan!.Groups)
        {
            if (workerGroup is null ? plan.IsDefault : string.Equals(plan.Name, workerGroup, StringComparison.Ordinal))
            {
                return plan;
            }
        }

        throw new WorkerGroupNotFoundException(workerGroup ?? _options.WorkerComponent, _releaseName, Namespace, [.. _plan.Groups.Select(static p => p.Name)]);
    }
}
