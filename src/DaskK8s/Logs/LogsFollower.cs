using System.Runtime.CompilerServices;

using DaskK8s.Groups;
using DaskK8s.Kubernetes;

using k8s.Models;

namespace DaskK8s.Logs;

/// <summary>Merges the logs of a release's pods and follows new lines, restarts and new pods until it is cancelled.</summary>
internal sealed class LogsFollower(KubeRequests requests, Workloads workloads, LogTargets targets, Action<IEnumerable<V1Deployment>> throwIfGone)
{
    /// <summary>
    /// The time that a line waits for older lines of other pods. Lines that arrive later (a slow node, clocks that
    /// differ) are returned out of order rather than dropped.
    /// </summary>
    internal static readonly TimeSpan ReorderWindow = TimeSpan.FromMilliseconds(250);

    public async IAsyncEnumerable<PodLogLine> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        LogsMerger merger = new(requests.TimeProvider, ReorderWindow, LogsStream.OpeningLimit);
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task following = FollowAsync(merger, ending.Token);
        try
        {
            await foreach (PodLogLine line in merger.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return line;
            }
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task FollowAsync(LogsMerger merger, CancellationToken cancellationToken)
    {
        Dictionary<string, (FollowedPod Pod, Task Reading)> known = new(StringComparer.Ordinal);
        bool first = true;
        try
        {
            IAsyncEnumerable<IReadOnlyDictionary<string, V1Pod>> changes =
                ResilientWatch.FollowAsync(requests, workloads.FollowPodsAsync, cancellationToken);
            await foreach (IReadOnlyDictionary<string, V1Pod> pods in changes.ConfigureAwait(false))
            {
                Update(merger, known, pods, first, cancellationToken);
                if (pods.Count == 0 && !first)
                {
                    // No pod is left: a release that was uninstalled has no lines to come.
                    throwIfGone(await workloads.ListDeploymentsAsync(cancellationToken).ConfigureAwait(false));
                }

                first = false;
                if (targets.Filter.PodName is not null && known.Count > 0 && known.Values.All(static f => f.Pod.IsGone))
                {
                    break;
                }
            }

            await Task.WhenAll(known.Values.Select(static f => f.Reading)).ConfigureAwait(false);
            merger.Close();
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // The reader of the lines is the one who must hear of it.
            foreach ((FollowedPod pod, _) in known.Values)
            {
                pod.Update(null);
            }

            merger.Close(e);
        }
        finally
        {
            await Task.WhenAll(known.Values.Select(static f => f.Reading)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Reads a pod's log; an unexpected error ends the whole stream instead of silently dropping the pod.</summary>
    private static async Task ReadPodAsync(LogsMerger merger, FollowedPod pod, CancellationToken cancellationToken)
    {
        try
        {
            await pod.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            merger.Fail(e);
        }
    }

    private void Update(
        LogsMerger merger,
        Dictionary<string, (FollowedPod Pod, Task Reading)> known,
        IReadOnlyDictionary<string, V1Pod> pods,
        bool atStart,
        CancellationToken cancellationToken)
    {
        foreach ((string uid, V1Pod pod) in pods)
        {
            if (known.TryGetValue(uid, out (FollowedPod Pod, Task Reading) followed))
            {
                followed.Pod.Update(pod);
            }
            else if (targets.Choose(pod) is { } target)
            {
                // Of a pod that came later every line is new.
                PodLogFilter filter = atStart ? targets.Filter : targets.Filter with { TailLines = null, Since = null };
                FollowedPod added = new(requests, new LogsSink(merger.Add(), target, requests.TimeProvider), target, filter, pod);
                known.Add(uid, (added, ReadPodAsync(merger, added, cancellationToken)));
            }
        }

        foreach ((string uid, (FollowedPod Pod, Task Reading) followed) in known)
        {
            if (!pods.ContainsKey(uid))
            {
                followed.Pod.Update(null);
                if (followed.Reading.IsCompleted)
                {
                    known.Remove(uid);
                }
            }
        }
    }
}
