using System.Diagnostics;

using DaskK8s.Cluster;
using DaskK8s.Common;
using DaskK8s.Groups;
using DaskK8s.Scaling.Lossless;
using DaskK8s.WorkerGroups;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    private static readonly ScaleOptions DefaultScaling = new();

    internal WorkerDrain? Drain => _drain ??= _link is { } link ? new WorkerDrain(link.Rpc, _options.TimeProvider, _logger) : null;

    /// <summary>Scales a worker group. Scaling down moves results off the leaving workers first.</summary>
    /// <param name="replicas">The number of pods.</param>
    /// <param name="workerGroup">The group's name; null for the default group.</param>
    /// <param name="cancellationToken">Cancels the call and undoes unfinished changes.</param>
    /// <returns>The outcome of the scaling.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative, or larger than <see cref="HelmClusterOptions.MaxReplicas"/>.</exception>
    /// <exception cref="WorkerGroupNotFoundException">The release has no such group; the error lists the existing groups.</exception>
    /// <exception cref="LosslessScaleDownException">The group cannot shrink without losing results; nothing was changed.</exception>
    /// <exception cref="HelmReleaseObjectsMissingException">The release has been uninstalled.</exception>
    /// <exception cref="KubernetesApiException">The API server refused or could not answer; derived types identify the cause.</exception>
    public Task<ScaleResult> ScaleAsync(int replicas, string? workerGroup = null, CancellationToken cancellationToken = default) =>
        ScaleAsync(replicas, DefaultScaling, workerGroup, cancellationToken);

    /// <summary>Scales a worker group.</summary>
    /// <remarks>
    /// Growing a group takes one request, and the call returns when the API server has accepted it. A group shrinks
    /// without losing results unless <see cref="ScaleOptions.ScaleDown"/> says otherwise: leaving workers first finish their tasks and move
    /// their results, so the call can take as long as their longest task.
    /// </remarks>
    /// <param name="replicas">The number of pods.</param>
    /// <param name="options">How to scale.</param>
    /// <param name="workerGroup">The group's name; null for the default group.</param>
    /// <param name="cancellationToken">Cancels the call and undoes unfinished changes.</param>
    /// <returns>The outcome of the scaling.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative, or larger than <see cref="HelmClusterOptions.MaxReplicas"/>, or an option is not valid.</exception>
    /// <exception cref="WorkerGroupNotFoundException">The release has no such group; the error lists the existing groups.</exception>
    /// <exception cref="LosslessScaleDownException">The group cannot shrink without losing results; nothing was changed.</exception>
    /// <exception cref="HelmReleaseObjectsMissingException">The release has been uninstalled.</exception>
    /// <exception cref="KubernetesApiException">The API server refused or could not answer; derived types identify the cause.</exception>
    public Task<ScaleResult> ScaleAsync(
        int replicas, ScaleOptions options, string? workerGroup = null, CancellationToken cancellationToken = default) =>
        _lifetime.RunAsync(ct => ScaleCheckedAsync(replicas, options, workerGroup, ct), cancellationToken);

    /// <summary>Scales a worker group to the number of pods that together provide a size, by the limits (or else the requests) of a pod.</summary>
    /// <param name="memory">The memory in Dask's format: <c>1TB</c>, <c>512 GiB</c>; null for any.</param>
    /// <param name="cores">The processor cores; null for any.</param>
    /// <param name="gpus">The GPUs; null for any.</param>
    /// <param name="workerGroup">The group's name; null for the default group.</param>
    /// <param name="options">How to scale; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The outcome of the scaling.</returns>
    /// <exception cref="ArgumentException">None of the three is given, or one is not valid.</exception>
    /// <exception cref="ScaleTargetUnknownException">The group's pods do not declare that resource.</exception>
    /// <exception cref="LosslessScaleDownException">The group cannot shrink without losing results; nothing was changed.</exception>
    /// <exception cref="KubernetesApiException">The API server refused or could not answer.</exception>
    public async Task<ScaleResult> ScaleToSizeAsync(
        string? memory = null,
        double? cores = null,
        int? gpus = null,
        string? workerGroup = null,
        ScaleOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        _lifetime.ThrowIfEnded();
        long? bytes = PodSize.Check(memory, cores, gpus);
        GroupPlan plan = FindPlan(workerGroup);
        WorkerGroup group = (await GetWorkerGroupsAsync(cancellationToken).ConfigureAwait(false)).FirstOrDefault(g => g.Name == plan.Name)
            ?? throw new KubernetesNotFoundException(
                $"The Deployment {plan.DeploymentName} of worker group {plan.Name} does not exist in namespace {Namespace}. Was the release uninstalled or upgraded?",
                new KubernetesApiCall("get", "deployments", "apps", Namespace, plan.DeploymentName),
                404);
        int replicas = PodSize.PodsFor(group, bytes, (decimal?)cores, gpus);
        return await ScaleAsync(replicas, options ?? DefaultScaling, plan.Name, cancellationToken).ConfigureAwait(false);
    }

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
            _state.ThrowIfUninstalled(await _workloads.ListDeploymentsAsync(cancellationToken).ConfigureAwait(false));
            throw;
        }

        HelmClusterLog.Scaled(_logger, plan.Name, plan.DeploymentName, result.Before, result.After);
        Telemetry.Scalings.Add(1, new("release", _releaseName), new("namespace", Namespace), new("group", plan.Name));
        if (!options.WaitForCompletion)
        {
            return result;
        }

        (bool isComplete, WorkloadSnapshot? snapshot) = await _scaling
            .WaitForPodsAsync(plan, result.After, options.CompletionTimeout, _state.ThrowIfUninstalled, cancellationToken).ConfigureAwait(false);
        if (snapshot is not null)
        {
            Take(snapshot);
        }

        return result with { IsComplete = isComplete };
    }

    private async Task<ScaleResult> ScaleAsync(GroupPlan plan, int replicas, ScaleOptions options, Activity? activity, CancellationToken cancellationToken)
    {
        int? known = _scaling.AcceptedOf(plan.Name) ?? WorkerGroups.FirstOrDefault(g => g.Name == plan.Name)?.Desired;
        if (options.ScaleDown == ScaleDown.Immediate && replicas < known && !_state.ArePodsKnown && (_link is not null || ConnectedWorkers is not null))
        {
            // A wait that follows has to know whose workers the scheduler may list after their pods are gone.
            await GetWorkerGroupsAsync(cancellationToken).ConfigureAwait(false);
        }

        ScaleResult result = await _scaling.RunAsync(plan, replicas, known, options, _state.Plan.Groups, activity, cancellationToken).ConfigureAwait(false);
        foreach (string address in result.Retired.SelectMany(static r => r.Addresses))
        {
            // The scheduler may list them a while longer than their pods are there.
            if (Uri.TryCreate(address, UriKind.Absolute, out Uri? uri))
            {
                _state.Lingering[(plan.Name, uri.IdnHost.Trim('[', ']'))] = 0;
            }
        }

        return result;
    }

    private GroupPlan FindPlan(string? workerGroup) => _state.FindPlan(workerGroup, _options.WorkerComponent);
}
