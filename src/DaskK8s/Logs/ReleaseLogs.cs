using System.Runtime.CompilerServices;

using DaskK8s.Groups;
using DaskK8s.Kubernetes;

using k8s.Models;

namespace DaskK8s.Logs;

/// <summary>The logs of a release's pods.</summary>
/// <param name="requests">The requests to the API server.</param>
/// <param name="workloads">The pods.</param>
/// <param name="release">The release's name.</param>
/// <param name="throwIfGone">Throws if the Deployments show that the release was uninstalled.</param>
internal sealed class ReleaseLogs(KubeRequests requests, Workloads workloads, string release, Action<IEnumerable<V1Deployment>> throwIfGone)
{
    /// <summary>The number of logs read at once; an API server accepts a few hundred concurrent calls from all its clients.</summary>
    private const int LogsAtOnce = 64;

    /// <summary>Reads the current logs.</summary>
    public async Task<IReadOnlyDictionary<string, string>> ReadAsync(LogTargets targets, CancellationToken cancellationToken)
    {
        IList<V1Pod> pods = await ListPodsAsync(cancellationToken).ConfigureAwait(false);
        (V1Pod Pod, LogTarget Target)[] chosen = [.. Choose(targets, pods)];
        string[] texts = new string[chosen.Length];
        await Parallel.ForAsync(
            0,
            chosen.Length,
            new ParallelOptions { MaxDegreeOfParallelism = LogsAtOnce, CancellationToken = cancellationToken },
            async (i, ct) => texts[i] = await ReadTextAsync(chosen[i].Pod, chosen[i].Target, targets.Filter, ct).ConfigureAwait(false)).ConfigureAwait(false);
        OrderedDictionary<string, string> logs = new(chosen.Length, StringComparer.Ordinal);
        for (int i = 0; i < chosen.Length; i++)
        {
            logs[chosen[i].Target.Pod] = texts[i];
        }

        return new PodLogs(logs);
    }

    /// <summary>Reads the logs line by line.</summary>
    public IAsyncEnumerable<PodLogLine> StreamAsync(LogTargets targets, CancellationToken cancellationToken) => targets.Filter.Follow
        ? new LogsFollower(requests, workloads, targets, throwIfGone).ReadAsync(cancellationToken)
        : StreamOnceAsync(targets, cancellationToken);

    private async IAsyncEnumerable<PodLogLine> StreamOnceAsync(LogTargets targets, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IList<V1Pod> pods = await ListPodsAsync(cancellationToken).ConfigureAwait(false);
        IEnumerable<V1Pod> chosen = Choose(targets, pods).Select(static c => c.Pod);
        await foreach (PodLogLine line in new LogsStream(requests, targets).ReadAsync(chosen, cancellationToken).ConfigureAwait(false))
        {
            yield return line;
        }
    }

    /// <summary>Lists the pods. If there are none, checks whether the release was uninstalled.</summary>
    private async Task<IList<V1Pod>> ListPodsAsync(CancellationToken cancellationToken)
    {
        IList<V1Pod> pods = await workloads.ListPodsAsync(cancellationToken).ConfigureAwait(false);
        if (pods.Count == 0)
        {
            throwIfGone(await workloads.ListDeploymentsAsync(cancellationToken).ConfigureAwait(false));
        }

        return pods;
    }

    private async Task<string> ReadTextAsync(V1Pod pod, LogTarget target, PodLogFilter filter, CancellationToken cancellationToken)
    {
        LogsText text = new(filter.MaxCharactersPerPod);
        await foreach ((LogsRawLine line, bool isNotice) in LogsOfPod.ReadAsync(requests, pod, target, filter, null, cancellationToken).ConfigureAwait(false))
        {
            text.Add(line.Text, isNotice);
        }

        return text.ToString();
    }

    private IEnumerable<(V1Pod Pod, LogTarget Target)> Choose(LogTargets targets, IList<V1Pod> pods)
    {
        (V1Pod Pod, LogTarget Target)[] chosen = [.. pods.Select(p => (p, targets.Choose(p))).Where(static c => c.Item2 is not null)!];
        if (chosen.Length == 0 && targets.Filter.PodName is { } missing)
        {
            string there = string.Join(", ", pods.Select(static p => p.Metadata.Name).Order(StringComparer.Ordinal));
            throw new KubernetesNotFoundException(
                $"The release {release} in namespace {requests.Connection.Namespace} has no pod \"{missing}\" of the requested kind. Its pods: {(there.Length == 0 ? "none" : there)}.",
                new KubernetesApiCall("get", "pods/log", "", requests.Connection.Namespace, missing),
                404);
        }

        return chosen.OrderBy(c => targets.PlaceOf(c.Target)).ThenBy(static c => c.Target.Pod, StringComparer.Ordinal);
    }
}
