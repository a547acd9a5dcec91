using DaskK8s.Kubernetes;

using k8s;
using k8s.Models;

namespace DaskK8s.Scaling.Lossless;

/// <summary>Marks the pods of one lossless scale-down, several at once, and clears up after it.</summary>
internal sealed class RetirementMarks(KubeRequests requests, PodMarks marks, string group, TimeSpan drainTimeout)
{
    private const int AtOnce = 8;
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(2);

    private DateTimeOffset End => requests.TimeProvider.GetUtcNow() + drainTimeout + Margin;

    /// <summary>Gets the version of the last mark that was written: who reads the pods after it reads them as of this version at least.</summary>
    public ulong Version { get; private set; }

    public Task AnnounceAsync(IEnumerable<ScaleDownCandidate> candidates, string id, CancellationToken cancellationToken) =>
        ForEachAsync(candidates.Select(static v => v.Pod), pod => marks.AnnounceAsync(pod, id, End, cancellationToken));

    /// <summary>Makes exactly some pods the first that leave, and pardons others that an earlier scaling condemned, or announced before its client died.</summary>
    /// <param name="view">The group.</param>
    /// <param name="leaving">Those that leave.</param>
    /// <param name="held">The pods, by uid, whose workers somebody drains: their marks may be those of one who lives.</param>
    /// <param name="id">Names the scale-down.</param>
    /// <param name="cancellationToken">Ends the call.</param>
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

    /// <summary>Determines whether exactly some pods of a group are the first that leave, as far as marks decide.</summary>
    public static bool AreCondemned(GroupView view, IReadOnlyList<ScaleDownCandidate> leaving)
    {
        HashSet<string> uids = [.. leaving.Select(static v => v.Uid)];
        return view.Live.All(p => PodMarks.IsCondemned(p) == uids.Contains(p.Metadata.Uid));
    }

    public Task ClearAsync(V1Pod pod, CancellationToken cancellationToken) => IgnoreGoneAsync(() => marks.ClearAsync(pod, cancellationToken));

    /// <summary>Removes a pod itself.</summary>
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

    /// <summary>A pod that has gone meanwhile, or whose name means another one now, needs nothing.</summary>
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
