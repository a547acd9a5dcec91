using System.Collections.Concurrent;
using System.Diagnostics;

using DaskK8s.Cluster;
using DaskK8s.Common;
using DaskK8s.Groups;
using DaskK8s.Scaling;
using DaskK8s.Scaling.Lossless;

using k8s.Models;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    private static readonly TimeSpan CompletionPoll = TimeSpan.FromMilliseconds(200);
    private static readonly ScaleOptions DefaultScaling = new();

    /// <summary>Holds the numbers that were accepted since the groups were read last.</summary>
    private readonly ConcurrentDictionary<string, int> _replicas = new(StringComparer.Ordinal);

    private ServerVersion? _serverVersion;
    private WorkerDrain? _drain;

    private ServerVersion ServerVersion => _serverVersion ??= new ServerVersion(_requests);

    internal WorkerDrain? Drain => _drain ??= _link is { } link ? new WorkerDrain(link.Rpc, _options.TimeProvider, _logger) : null;

    /// <summary>Sets how many pods a worker group shall have; a group that shrinks loses nothing.</summary>
    /// <param name="replicas">How many pods the group shall have.</param>
    /// <param name="workerGroup">The group's name; null for the default group.</param>
    /// <param name="cancellationToken">Ends the call; what was begun is undone.</param>
    /// <returns>What was changed.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative, or larger than <see cref="HelmClusterOptions.MaxReplicas"/>.</exception>
    /// <exception cref="WorkerGroupNotFoundException">The release has no such group; the error lists those that there are.</exception>
    /// <exception cref="LosslessScaleDownException">The group cannot shrink without a loss; nothing was changed.</exception>
    /// <exception cref="KubernetesApiException">The API server refused or could not answer; its children tell the cases apart.</exception>
    public Task<ScaleResult> ScaleAsync(int replicas, string? workerGroup = null, CancellationToken cancellationToken = default) =>
        ScaleAsync(replicas, DefaultScaling, workerGroup, cancellationToken);

    /// <summary>Sets how many pods a worker group shall have.</summary>
    /// <remarks>
    /// A group that grows is one request, and the call returns when the API server has accepted it. A group that shrinks does so
    /// without a loss unless <see cref="ScaleOptions.ScaleDown"/> says otherwise: the workers that leave finish their tasks and hand
    /// over their results first, so the call may take as long as their longest task.
    /// </remarks>
    /// <param name="replicas">How many pods the group shall have.</param>
    /// <param name="options">How to scale.</param>
    /// <param name="workerGroup">The group's name; null for the default group.</param>
    /// <param name="cancellationToken">Ends the call; what was begun is undone.</param>
    /// <returns>What was changed.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative, or larger than <see cref="HelmClusterOptions.MaxReplicas"/>, or an option makes no sense.</exception>
    /// <exception cref="WorkerGroupNotFoundException">The release has no such group; the error lists those that there are.</exception>
    /// <exception cref="LosslessScaleDownException">The group cannot shrink without a loss; nothing was changed.</exception>
    /// <exception cref="KubernetesApiException">The API server refused or could not answer; its children tell the cases apart.</exception>
    public async Task<ScaleResult> ScaleAsync(
        int replicas, ScaleOptions options, string? workerGroup = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        ArgumentOutOfRangeException.ThrowIfNegative(replicas);
        if (replicas > _options.MaxReplicas)
        {
            throw new ArgumentOutOfRangeException(
                nameof(replicas), replicas, $"More than {nameof(HelmClusterOptions)}.{nameof(HelmClusterOptions.MaxReplicas)} ({_options.MaxReplicas}); raise that if it is meant.");
        }

        GroupPlan plan = FindPlan(workerGroup);
        using Activity? activity = Telemetry.Begin(Telemetry.ScaleActivity, _releaseName, Namespace);
        activity?.SetTag("group", plan.Name).SetTag("replicas", replicas);
        ScaleResult result = await ShowAsync(plan.Name, replicas, () => ScaleAsync(plan, replicas, options, activity, cancellationToken)).ConfigureAwait(false);
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
        Scaler scaler = new(_requests);
        StrayRecovery recovery = new(_requests, _releaseName, Drain);
        int? known = _replicas.TryGetValue(plan.Name, out int remembered) ? remembered : _workerGroups.FirstOrDefault(g => g.Name == plan.Name)?.Desired;
        bool isImmediate = options.ScaleDown == ScaleDown.Immediate;

        // Nothing is read first: that the group really has the number that is remembered is part of the request itself.
        V1Deployment? accepted = known is { } before && (replicas >= before || isImmediate)
            ? await scaler.TryChangeReplicasAsync(plan.DeploymentName, before, replicas, cancellationToken).ConfigureAwait(false)
            : null;
        if (accepted is null)
        {
            V1Deployment now = await ReadDeploymentAsync(plan, cancellationToken).ConfigureAwait(false);
            known = now.Spec?.Replicas ?? 1;
            if (replicas < known && !isImmediate)
            {
                return await ShrinkAsync(plan, replicas, options, recovery, activity, cancellationToken).ConfigureAwait(false);
            }

            accepted = isImmediate
                ? await scaler.SetReplicasAsync(plan.DeploymentName, replicas, cancellationToken).ConfigureAwait(false)
                : await GrowAsync(scaler, now, replicas, cancellationToken).ConfigureAwait(false);
            if (accepted is null)
            {
                return await ShrinkAsync(plan, replicas, options, recovery, activity, cancellationToken).ConfigureAwait(false);
            }
        }

        TimeSpan acceptedAfter = _options.TimeProvider.GetElapsedTime(start);
        activity?.AddEvent(new ActivityEvent("accepted"));
        Remember(plan, accepted);
        ScaleResult result = new()
        {
            WorkerGroup = plan.Name,
            Requested = replicas,
            Before = known ?? 0,
            After = accepted.Spec?.Replicas ?? replicas,
            AcceptedAfter = acceptedAfter,
            Ownership = await GiveBackAsync(accepted, options, cancellationToken).ConfigureAwait(false),
        };
        await recovery.RunAsync(cancellationToken).ConfigureAwait(false);
        return result;
    }

    private async Task<ScaleResult> ShrinkAsync(
        GroupPlan plan, int replicas, ScaleOptions options, StrayRecovery recovery, Activity? activity, CancellationToken cancellationToken)
    {
        Retirement retirement = new(_requests, _workloads, Drain, ServerVersion, recovery, plan, replicas, options);
        RetirementOutcome outcome = await retirement.RunAsync(cancellationToken).ConfigureAwait(false);
        activity?.AddEvent(new ActivityEvent("accepted"));
        if (outcome.Deployment is { } deployment)
        {
            Remember(plan, deployment);
        }

        return new ScaleResult
        {
            WorkerGroup = plan.Name,
            Requested = replicas,
            Before = outcome.Before,
            After = outcome.After,
            Retired = outcome.Retired,
            NotRetired = outcome.NotRetired,
            KeysMoved = outcome.KeysMoved,
            AcceptedAfter = outcome.AcceptedAfter,
            Ownership = outcome.Deployment is null ? FieldOwnership.NotTaken : await GiveBackAsync(outcome.Deployment, options, cancellationToken).ConfigureAwait(false),
        };
    }

    /// <summary>Grows a group that was just read, as long as it is not a shrinking one by the time that the request arrives.</summary>
    private async Task<V1Deployment?> GrowAsync(Scaler scaler, V1Deployment now, int replicas, CancellationToken cancellationToken)
    {
        for (int attempt = 0; attempt < 5 && replicas >= (now.Spec?.Replicas ?? 1); attempt++)
        {
            int from = now.Spec?.Replicas ?? 1;
            if (await scaler.TryChangeReplicasAsync(now.Metadata.Name, from, replicas, cancellationToken).ConfigureAwait(false) is { } accepted)
            {
                return accepted;
            }

            string name = now.Metadata.Name;
            V1Deployment again = await ReadDeploymentAsync(name, cancellationToken).ConfigureAwait(false);
            if (again.Spec?.Replicas == from)
            {
                // Not the number was in the way: this request says what is.
                return await scaler.SetReplicasAsync(again, replicas, cancellationToken).ConfigureAwait(false);
            }

            now = again;
        }

        return null;
    }

    private async Task<FieldOwnership> GiveBackAsync(V1Deployment accepted, ScaleOptions options, CancellationToken cancellationToken) =>
        options.GiveBackField
            ? await new FieldGiveBack(_requests).RunAsync(accepted, cancellationToken).ConfigureAwait(false)
            : FieldGiveBack.ToPatch(accepted.Metadata) is null ? FieldOwnership.NotTaken : FieldOwnership.Kept;

    private void Remember(GroupPlan plan, V1Deployment deployment)
    {
        if (deployment.Spec?.Replicas is { } replicas)
        {
            _replicas[plan.Name] = replicas;
        }
    }

    private Task<V1Deployment> ReadDeploymentAsync(GroupPlan plan, CancellationToken cancellationToken) =>
        ReadDeploymentAsync(plan.DeploymentName, cancellationToken);

    private Task<V1Deployment> ReadDeploymentAsync(string name, CancellationToken cancellationToken) => _requests.RunAsync(
        new KubernetesApiCall("get", "deployments", "apps", Namespace, name),
        (client, ct) => k8s.AppsV1OperationsExtensions.ReadNamespacedDeploymentAsync(client.AppsV1, name, Namespace, cancellationToken: ct),
        cancellationToken);

    /// <summary>Waits until the group's pods are as many as asked for, all ready and none on its way out.</summary>
    private async Task<bool> WaitForPodsAsync(GroupPlan plan, int replicas, TimeSpan timeout, CancellationToken cancellationToken)
    {
        long start = _options.TimeProvider.GetTimestamp();
        while (_options.TimeProvider.GetElapsedTime(start) < timeout)
        {
            WorkerGroup? group = (await GetWorkerGroupsAsync(cancellationToken).ConfigureAwait(false)).FirstOrDefault(g => g.Name == plan.Name);
            if (group is { } g && g.Ready == replicas && g.Pods.Count == replicas)
            {
                return true;
            }

            await Task.Delay(CompletionPoll, _options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }

        return false;
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
