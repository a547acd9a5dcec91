using DaskK8s.Groups;
using DaskK8s.Helm.Chart;
using DaskK8s.WorkerGroups;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    /// <summary>Scales a worker group to so many pods that together they have what is asked for, by the limits (else the requests) of a pod.</summary>
    /// <param name="memory">The memory as Dask writes it: <c>1TB</c>, <c>512 GiB</c>; null for any.</param>
    /// <param name="cores">The processor cores; null for any.</param>
    /// <param name="gpus">The GPUs; null for any.</param>
    /// <param name="workerGroup">The group's name; null for the default group.</param>
    /// <param name="options">How to scale; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>What was changed.</returns>
    /// <exception cref="ArgumentException">None of the three is given, or one makes no sense.</exception>
    /// <exception cref="ScaleTargetUnknownException">The group's pods do not say how much of it they have.</exception>
    /// <exception cref="LosslessScaleDownException">The group cannot shrink without a loss; nothing was changed.</exception>
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
        if (memory is null && cores is null && gpus is null)
        {
            throw new ArgumentException("Specify the memory, cores or GPUs of the group.");
        }

        long bytes = 0;
        if (memory is not null && (!DaskBytes.TryParse(memory, out bytes) || bytes < 0))
        {
            throw new ArgumentException($"\"{memory}\" is not an amount of memory; write it as 1TB, 512 GiB or 4e9.", nameof(memory));
        }

        if (cores is { } number && (!double.IsFinite(number) || number is < 0 or > 1e9))
        {
            throw new ArgumentOutOfRangeException(nameof(cores), cores, "A number of cores is neither negative nor beyond measure.");
        }

        if (gpus is { } count)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(count, nameof(gpus));
        }

        GroupPlan plan = FindPlan(workerGroup);
        WorkerGroup group = (await GetWorkerGroupsAsync(cancellationToken).ConfigureAwait(false)).FirstOrDefault(g => g.Name == plan.Name)
            ?? throw new KubernetesNotFoundException(
                $"The Deployment {plan.DeploymentName} of worker group {plan.Name} does not exist in namespace {Namespace}. Was the release uninstalled or upgraded?",
                new KubernetesApiCall("get", "deployments", "apps", Namespace, plan.DeploymentName),
                404);
        int replicas = PodSize.PodsFor(group, memory is null ? null : bytes, (decimal?)cores, gpus);
        return await ScaleAsync(replicas, options ?? DefaultScaling, plan.Name, cancellationToken).ConfigureAwait(false);
    }
}
