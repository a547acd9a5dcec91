using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;

using DaskK8s.Causes;
using DaskK8s.Common;
using DaskK8s.Groups;
using DaskK8s.Kubernetes;
using DaskK8s.Scaling;
using DaskK8s.Scaling.Lossless;

using k8s.Models;

namespace DaskK8s.WorkerGroups;

/// <summary>Scales the worker groups of a release.</summary>
/// <param name="requests">The requests to the API server.</param>
/// <param name="workloads">The release's objects.</param>
/// <param name="release">The release's name.</param>
/// <param name="strays">The ownership that other clients left.</param>
/// <param name="drain">Returns the drain for workers, or null without a connection to the scheduler.</param>
internal sealed class GroupScaling(KubeRequests requests, Workloads workloads, string release, StrayFields strays, Func<WorkerDrain?> drain)
{
    /// <summary>The most recently accepted replicas, by group.</summary>
    private readonly ConcurrentDictionary<string, int> _replicas = new(StringComparer.Ordinal);

    private readonly ServerVersion _version = new(requests);
    private readonly Scaler _scaler = new(requests);
    private readonly FieldGiveBack _giveBack = new(requests);

    /// <summary>Returns the most recently accepted replicas of a group, or null.</summary>
    public int? AcceptedOf(string group) => _replicas.TryGetValue(group, out int replicas) ? replicas : null;

    /// <summary>Scales a group whose last known number of pods is given; a cancelled call undoes what it began.</summary>
    public async Task<ScaleResult> RunAsync(
        GroupPlan plan, int replicas, int? known, ScaleOptions options, IReadOnlyList<GroupPlan> groups, Activity? activity, CancellationToken cancellationToken)
    {
        long start = requests.TimeProvider.GetTimestamp();
        StrayRecovery recovery = new(requests, release, drain(), workloads);
        bool isImmediate = options.ScaleDown == ScaleDown.Immediate;

        // Nothing is read first where nobody applies the Deployment on the server's side: that this is so, and that the group really has
        // the number that is remembered, is part of the request itself.
        bool isApplied = options.GiveBackField && strays.IsApplied(plan.DeploymentName);
        AcceptedScale? accepted = known is { } before && !isApplied && (replicas >= before || isImmediate)
            ? await _scaler.TryChangeUnownedAsync(plan.DeploymentName, before, replicas, !options.GiveBackField, cancellationToken).ConfigureAwait(false)
            : null;
        accepted ??= await _scaler.ChangeAsync(plan.DeploymentName, replicas, isImmediate, options.GiveBackField, cancellationToken).ConfigureAwait(false);
        if (accepted is null)
        {
            return await ShrinkAsync(plan, replicas, options, recovery, groups, activity, cancellationToken).ConfigureAwait(false);
        }

        TimeSpan acceptedAfter = requests.TimeProvider.GetElapsedTime(start);
        activity?.AddEvent(new ActivityEvent("accepted"));
        Remember(plan, accepted.Deployment);
        ScaleResult result = new()
        {
            WorkerGroup = plan.Name,
            Requested = replicas,
            Before = accepted.Before,
            After = accepted.Deployment.Spec?.Replicas ?? replicas,
            AcceptedAfter = acceptedAfter,
            Ownership = await GiveBackAsync(accepted, options, cancellationToken).ConfigureAwait(false),
            OwnershipReason = accepted.Reason,
        };
        await GiveBackOthersAsync(plan, options, groups, cancellationToken).ConfigureAwait(false);
        await recovery.RunAsync(cancellationToken).ConfigureAwait(false);
        return result;
    }

    private async Task<ScaleResult> ShrinkAsync(
        GroupPlan plan, int replicas, ScaleOptions options, StrayRecovery recovery, IReadOnlyList<GroupPlan> groups, Activity? activity, CancellationToken cancellationToken)
    {
        Retirement retirement = new(requests, workloads, drain(), _version, recovery, _scaler, plan, replicas, options);
        await using ConfiguredAsyncDisposable disposal = retirement.ConfigureAwait(false);
        RetirementOutcome outcome = await retirement.RunAsync(cancellationToken).ConfigureAwait(false);
        activity?.AddEvent(new ActivityEvent("accepted"));
        if (outcome.Accepted is { } accepted)
        {
            Remember(plan, accepted.Deployment);
        }

        ScaleResult result = new()
        {
            WorkerGroup = plan.Name,
            Requested = replicas,
            Before = outcome.Before,
            After = outcome.After,
            Retired = outcome.Retired,
            NotRetired = outcome.NotRetired,
            KeysMoved = outcome.KeysMoved,
            AcceptedAfter = outcome.AcceptedAfter,
            Ownership = outcome.Accepted is { } change ? await GiveBackAsync(change, options, cancellationToken).ConfigureAwait(false) : FieldOwnership.NotTaken,
            OwnershipReason = outcome.Accepted?.Reason,
        };
        await GiveBackOthersAsync(plan, options, groups, cancellationToken).ConfigureAwait(false);
        return result;
    }

    private async Task<FieldOwnership> GiveBackAsync(AcceptedScale accepted, ScaleOptions options, CancellationToken cancellationToken)
    {
        if (accepted.IsInOwnersName)
        {
            // The same number again is not a change, and the owner owned it before.
            return accepted.Before == accepted.Deployment.Spec?.Replicas ? FieldOwnership.NotTaken : FieldOwnership.ChangedAsOwner;
        }

        if (!options.GiveBackField)
        {
            return FieldGiveBack.IsOurs(accepted.Deployment.Metadata) ? FieldOwnership.Kept : FieldOwnership.NotTaken;
        }

        if (accepted.Reason is { } reason)
        {
            ScalingLog.Patched(requests.Logger, accepted.Deployment.Metadata.Name, reason);
        }

        return await _giveBack.RunAsync(accepted.Deployment, cancellationToken).ConfigureAwait(false);
    }

    private Task GiveBackOthersAsync(GroupPlan scaled, ScaleOptions options, IReadOnlyList<GroupPlan> groups, CancellationToken cancellationToken) =>
        options.GiveBackField ? strays.GiveBackOthersAsync(scaled, groups, cancellationToken) : Task.CompletedTask;

    private void Remember(GroupPlan plan, V1Deployment deployment)
    {
        if (deployment.Spec?.Replicas is { } replicas)
        {
            _replicas[plan.Name] = replicas;
        }
    }

    /// <summary>Waits until the group has the desired number of pods, all ready and none terminating.</summary>
    public async Task<(bool IsComplete, WorkloadSnapshot? Snapshot)> WaitForPodsAsync(
        GroupPlan plan, int replicas, TimeSpan timeout, Action<IEnumerable<V1Deployment>> throwIfGone, CancellationToken cancellationToken)
    {
        using TimeLimit limit = new(timeout, requests.TimeProvider, cancellationToken);
        IReadOnlyDictionary<string, V1Pod>? pods = null;
        bool isComplete = false;
        try
        {
            await foreach (IReadOnlyDictionary<string, V1Pod> now in ResilientWatch.FollowAsync(requests, workloads.FollowPodsAsync, limit.Token).ConfigureAwait(false))
            {
                pods = now;
                V1Pod[] own = [.. now.Values.Where(p => PodOwners.IsOf(p, plan.DeploymentName))];
                isComplete = own.Length == replicas && own.All(static p => PodDiagnosis.IsActive(p) && PodDiagnosis.IsReady(p));
                if (isComplete)
                {
                    break;
                }

                if (now.Count == 0)
                {
                    throwIfGone(await workloads.ListDeploymentsAsync(limit.Token).ConfigureAwait(false));
                }
            }
        }
        catch (OperationCanceledException) when (limit.Passed)
        {
            // What is not complete by then is told, and no error.
        }

        if (pods is null)
        {
            return (isComplete, null);
        }

        IList<V1Deployment> deployments = await workloads.ListDeploymentsAsync(cancellationToken).ConfigureAwait(false);
        throwIfGone(deployments);
        return (isComplete, new WorkloadSnapshot([.. deployments], null, [.. pods.Values]));
    }
}
