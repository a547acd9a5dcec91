using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;

using DaskK8s.Causes;
using DaskK8s.Cluster;
using DaskK8s.Common;
using DaskK8s.Groups;
using DaskK8s.Scaling;
using DaskK8s.Scaling.Lossless;

using k8s.Models;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    private static readonly ScaleOptions DefaultScaling = new();

    /// <summary>Holds the numbers that were accepted since the groups were read last.</summary>
    private readonly ConcurrentDictionary<string, int> _replicas = new(StringComparer.Ordinal);

    private ServerVersion? _serverVersion;
    private WorkerDrain? _drain;
    private Scaler? _scaler;

    private ServerVersion ServerVersion => _serverVersion ??= new ServerVersion(_requests);

    private Scaler Scaler => _scaler ??= new Scaler(_requests);

    internal WorkerDrain? Drain => _drain ??= _link is { } link ? new WorkerDrain(link.Rpc, _options.TimeProvider, _logger) : null;

    /// <summary>Scales a worker group. Scaling down moves results off the leaving workers first.</summary>
    /// <param name="replicas">The number of pods.</param>
    /// <param name="workerGroup">The group's name; null for the default group.</param>
    /// <param name="cancellationToken">Ends the call; what was begun is undone.</param>
    /// <returns>What was changed.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative, or larger than <see cref="HelmClusterOptions.MaxReplicas"/>.</exception>
    /// <exception cref="WorkerGroupNotFoundException">The release has no such group; the error lists those that there are.</exception>
    /// <exception cref="LosslessScaleDownException">The group cannot shrink without a loss; nothing was changed.</exception>
    /// <exception cref="HelmReleaseObjectsMissingException">The release was uninstalled since.</exception>
    /// <exception cref="KubernetesApiException">The API server refused or could not answer; its children tell the cases apart.</exception>
    public Task<ScaleResult> ScaleAsync(int replicas, string? workerGroup = null, CancellationToken cancellationToken = default) =>
        ScaleAsync(replicas, DefaultScaling, workerGroup, cancellationToken);

    /// <summary>Scales a worker group.</summary>
    /// <remarks>
    /// A group that grows is one request, and the call returns when the API server has accepted it. A group that shrinks does so
    /// without a loss unless <see cref="ScaleOptions.ScaleDown"/> says otherwise: the workers that leave finish their tasks and hand
    /// over their results first, so the call may take as long as their longest task.
    /// </remarks>
    /// <param name="replicas">The number of pods.</param>
    /// <param name="options">How to scale.</param>
    /// <param name="workerGroup">The group's name; null for the default group.</param>
    /// <param name="cancellationToken">Ends the call; what was begun is undone.</param>
    /// <returns>What was changed.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative, or larger than <see cref="HelmClusterOptions.MaxReplicas"/>, or an option makes no sense.</exception>
    /// <exception cref="WorkerGroupNotFoundException">The release has no such group; the error lists those that there are.</exception>
    /// <exception cref="LosslessScaleDownException">The group cannot shrink without a loss; nothing was changed.</exception>
    /// <exception cref="HelmReleaseObjectsMissingException">The release was uninstalled since.</exception>
    /// <exception cref="KubernetesApiException">The API server refused or could not answer; its children tell the cases apart.</exception>
    public Task<ScaleResult> ScaleAsync(
        int replicas, ScaleOptions options, string? workerGroup = null, CancellationToken cancellationToken = default) =>
        _lifetime.RunAsync(ct => ScaleCheckedAsync(replicas, options, workerGroup, ct), cancellationToken);

    private async Task<ScaleResult> ScaleCheckedAsync(int replicas, ScaleOptions options, string? workerGroup, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        ArgumentOutOfRangeException.ThrowIfNegative(replicas);
        if (replicas > _options.MaxReplicas)
        {
            throw new ArgumentOutOfRangeException(
                nameof(replicas), replicas, $"More than {nameof(HelmClusterOptions)}.{nameof(HelmClusterOptions.MaxReplicas)} ({_options.MaxReplicas}); raise it if this is intended.");
        }

        GroupPlan plan = FindPlan(workerGroup);
        using Activity? activity = Telemetry.Begin(Telemetry.ScaleActivity, _releaseName, Namespace);
        activity?.SetTag("group", plan.Name).SetTag("replicas", replicas);
        ScaleResult result;
        try
        {
            result = await ShowAsync(plan.Name, replicas, () => ScaleAsync(plan, replicas, options, activity, cancellationToken)).ConfigureAwait(false);
        }
        catch (KubernetesNotFoundException)
        {
            ThrowIfUninstalled(await _workloads.ListDeploymentsAsync(cancellationToken).ConfigureAwait(false));
            throw;
        }

        HelmClusterLog.Scaled(_logger, plan.Name, plan.DeploymentName, result.Before, result.After);
        Telemetry.Scalings.Add(1, new("release", _releaseName), new("namespace", Namespace), new("group", plan.Name));
        return options.WaitForCompletion
            ? result with { IsComplete = await WaitForPodsAsync(plan, result.After, options.CompletionTimeout, cancellationToken).ConfigureAwait(false) }
            : result;
    }

    private async Task<ScaleResult> ScaleAsync(
        GroupPlan plan, int replicas, ScaleOptions options, Activity? activity, CancellationToken cancellationToken)
    {
        long start = _options.TimeProvider.GetTimestamp();
        StrayRecovery recovery = new(_requests, _releaseName, Drain, _workloads);
        int? known = _replicas.TryGetValue(plan.Name, out int remembered) ? remembered : _workerGroups.FirstOrDefault(g => g.Name == plan.Name)?.Desired;
        bool isImmediate = options.ScaleDown == ScaleDown.Immediate;
        if (isImmediate && replicas < known && !_arePodsKnown && (_link is not null || ConnectedWorkers is not null))
        {
            // A wait that follows has to know whose workers the scheduler may list after their pods are gone.
            await GetWorkerGroupsAsync(cancellationToken).ConfigureAwait(false);
        }

        // Nothing is read first where nobody applies the Deployment on the server's side: that this is so, and that the group really has
        // the number that is remembered, is part of the request itself.
        bool isApplied = options.GiveBackField && _applied.ContainsKey(plan.DeploymentName);
        AcceptedScale? accepted = known is { } before && !isApplied && (replicas >= before || isImmediate)
            ? await Scaler.TryChangeUnownedAsync(plan.DeploymentName, before, replicas, !options.GiveBackField, cancellationToken).ConfigureAwait(false)
            : null;
        accepted ??= await Scaler.ChangeAsync(plan.DeploymentName, replicas, isImmediate, options.GiveBackField, cancellationToken).ConfigureAwait(false);
        if (accepted is null)
        {
            return await ShrinkAsync(plan, replicas, options, recovery, activity, cancellationToken).ConfigureAwait(false);
        }

        TimeSpan acceptedAfter = _options.TimeProvider.GetElapsedTime(start);
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
        await GiveBackStraysAsync(plan, options, cancellationToken).ConfigureAwait(false);
        await recovery.RunAsync(cancellationToken).ConfigureAwait(false);
        return result;
    }

    private async Task<ScaleResult> ShrinkAsync(
        GroupPlan plan, int replicas, ScaleOptions options, StrayRecovery recovery, Activity? activity, CancellationToken cancellationToken)
    {
        Retirement retirement = new(_requests, _workloads, Drain, ServerVersion, recovery, Scaler, plan, replicas, options);
        await using ConfiguredAsyncDisposable disposal = retirement.ConfigureAwait(false);
        RetirementOutcome outcome = await retirement.RunAsync(cancellationToken).ConfigureAwait(false);
        activity?.AddEvent(new ActivityEvent("accepted"));
        if (outcome.Accepted is { } accepted)
        {
            Remember(plan, accepted.Deployment);
        }

        // The scheduler may list them a while longer than their pods are there.
        foreach (string address in outcome.Retired.SelectMany(static r => r.Addresses))
        {
            if (Uri.TryCreate(address, UriKind.Absolute, out Uri? uri))
            {
                _seenByWaits[(plan.Name, uri.IdnHost.Trim('[', ']'))] = 0;
            }
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
        await GiveBackStraysAsync(plan, options, cancellationToken).ConfigureAwait(false);
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
            ScalingLog.Patched(_logger, accepted.Deployment.Metadata.Name, reason);
        }

        return await new FieldGiveBack(_requests).RunAsync(accepted.Deployment, cancellationToken).ConfigureAwait(false);
    }

    private void Remember(GroupPlan plan, V1Deployment deployment)
    {
        if (deployment.Spec?.Replicas is { } replicas)
        {
            _replicas[plan.Name] = replicas;
        }
    }

    /// <summary>Waits until the group's pods are as many as asked for, all ready and none on its way out.</summary>
    private async Task<bool> WaitForPodsAsync(GroupPlan plan, int replicas, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = new(timeout, _options.TimeProvider);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        IReadOnlyDictionary<string, V1Pod>? pods = null;
        bool isComplete = false;
        try
        {
            await foreach (IReadOnlyDictionary<string, V1Pod> now in ResilientWatch.FollowAsync(_requests, _workloads.FollowPodsAsync, either.Token).ConfigureAwait(false))
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
                    ThrowIfUninstalled(await _workloads.ListDeploymentsAsync(either.Token).ConfigureAwait(false));
                }
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // What is not complete by then is told, and no error.
        }

        if (pods is not null)
        {
            IList<V1Deployment> deployments = await _workloads.ListDeploymentsAsync(cancellationToken).ConfigureAwait(false);
            ThrowIfUninstalled(deployments);
            Apply(new WorkloadSnapshot([.. deployments], null, [.. pods.Values]));
            OnChanged();
        }

        return isComplete;
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
