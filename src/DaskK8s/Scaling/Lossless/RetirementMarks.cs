using DaskK8s.Kubernetes;

using k8s;
using k8s.Models;

namespace DaskK8s.Scaling.Lossless;

/// <summary>Marks the pods of one lossless scale-down, several at a time, and clears marks.</summary>
internal sealed class RetirementMarks(KubeRequests requests, PodMarks marks, string group, TimeSpan drainTimeout)
{
    private const int AtOnce = 8;
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(2);

    private DateTimeOffset End => requests.TimeProvider.GetUtcNow() + drainTimeout + Margin;

    /// <summary>Gets the version of the last mark that was written: the minimum version for later reads of the pods.</summary>
    public ulong Version { get; private set; }

    public Task AnnounceAsync(IEnumerable<ScaleDownCandidate> candidates, string id, CancellationToken cancellationToken) =>
        ForEachAsync(candidates.Select(static v => v.Pod), pod => marks.AnnounceAsync(pod, id, End, cancellationToken));

    /// <summary>Marks exactly the given pods as first to be removed, and clears other marks that earlier or interrupted scalings left.</summary>
    /// <param name="view">The group.</param>
    /// <param name="leaving">The leaving pods.</param>
    /// <param name="held">The uids of pods whose workers are being drained: their marks can belong to a running scaling.</param>
    /// <param name="id">The id of the scale-down.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task CondemnAsync(GroupView view, IReadOnlyList<ScaleDownCandidate> leaving, IReadOnlySet<string> held, string id, CancellationToken cancellationToken)
    {
        HashSet<string> uids = [.. leaving.Select(static v => v.Uid)];
        await ForEachAsync(leaving.Select(static v => v.Pod), pod => marks.CondemnAsync(pod, id, End, cancellationToken)).ConfigureAwait(false);
        foreach (V1Pod stray in view.Live.Where(p => !uids.Contains(p.Metadata.Uid) && (PodMarks.IsCondemned(p) || (PodMarks.Read(p) is not null && !held.Contains(p.Metadata.Uid)))))
        {
            await ClearAsync(stray, cancellationToken).ConfigureAwait(false);
            ScalingLog.StrayCleared(requests.Logger, group, stray.Metadata.Name);
        }
    }

    /// <summary>Determines whether exactly the given pods of a group are marked as first to be removed.</summary>
    public static bool AreCondemned(GroupView view, IReadOnlyList<ScaleDownCandidate> leaving)
    {
        HashSet<string> uids = [.. leaving.Select(static v => v.Uid)];
        return view.Live.All(p => PodMarks.IsCondemned(p) == uids.Contains(p.Metadata.Uid));
    }

    public Task ClearAsync(V1Pod pod, CancellationToken cancellationToken) => IgnoreGoneAsync(() => marks.ClearAsync(pod, cancellationToken));

    /// <summary>Deletes a pod.</summary>
    public Task DeleteAsync(V1Pod pod, CancellationToken cancellationToken) => IgnoreGoneAsync(() => requests.RunAsync(
        new KubernetesApiCall("delete", "pods", "", requests.Connection.Namespace, pod.Metadata.Name),
        (client, ct) => client.CoreV1.DeleteNamespacedPodAsync(
            pod.Metadata.Name, requests.Connection.Namespace, new V1DeleteOptions { Preconditions = new V1Preconditions { Uid = pod.Metadata.Uid } }, cancellationToken: ct),
        cancellationToken));

    private Task ForEachAsync(IEnumerable<V1Pod> pods, Func<V1Pod, Task<V1Pod>> action) => Parallel.ForEachAsync(
        pods,
        new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
        async (pod, _) => await IgnoreGoneAsync(async () => Note(await action(pod).ConfigureAwait(false))).ConfigureAwait(false));

    private void Note(V1Pod written)
    {
        lock (marks)
        {
            Version = Math.Max(Version, Followed.VersionOf(written.Metadata.ResourceVersion));
        }
    }

    /// <summary>Runs an action, ignoring that the pod is gone or that its name now refers to another pod.</summary>
    private static async Task IgnoreGoneAsync(Func<Task> action)
    {
        try
        {
            await action().ConfigureAwait(false);
        }
        catch (Exception e) when (e is KubernetesNotFoundException or KubernetesConflictException)
        {
        }
    }
}
