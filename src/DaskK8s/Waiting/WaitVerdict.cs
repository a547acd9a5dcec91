using DaskK8s.Causes;

using k8s.Models;

namespace DaskK8s.Waiting;

/// <summary>Decides whether waiting for a group is hopeless.</summary>
internal sealed class WaitVerdict(WorkerWaitOptions options, TimeProvider timeProvider)
{
    private const int PullFailures = 2;
    private static readonly TimeSpan PullLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ConfigurationLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan CreationLimit = TimeSpan.FromSeconds(3);

    private readonly Dictionary<(string Who, PodCauseKind Kind), long> _since = [];
    private readonly Dictionary<string, (int Failures, string? Reason)> _pulls = new(StringComparer.Ordinal);

    /// <summary>Returns the causes that waiting cannot resolve, and when to check again if another cause can become one.</summary>
    public (IReadOnlyList<PodCause> Hopeless, TimeSpan? LookAgain) Judge(WaitGroup group, WaitState state, WaitView view, V1Pod? scheduler)
    {
        if (view.Deployments.GetValueOrDefault(group.Plan.DeploymentName) is not { } deployment)
        {
            return (options.FailFast ? state.Causes : [], null);
        }

        V1Pod[] active = [.. view.PodsByGroup[group.Plan.Name].Where(PodDiagnosis.IsActive)];
        Dictionary<string, V1Pod> pods = active.ToDictionary(static p => p.Metadata.Name, StringComparer.Ordinal);
        foreach (V1Pod pod in active)
        {
            NotePulls(pod);
        }

        List<PodCause> hopeless = [];
        HashSet<(string, PodCauseKind)> seen = [];
        TimeSpan? again = null;
        bool shrinking = active.Length > state.Progress.Desired;
        foreach (PodCause cause in state.Causes)
        {
            V1Pod? pod = cause.Pod is { } name ? pods.GetValueOrDefault(name) : null;
            if (shrinking || (pod is not null && WaitGroup.IsOutdated(pod, deployment, active)) || LimitOf(cause, pod, scheduler) is not { } limit)
            {
                continue;
            }

            (string, PodCauseKind) key = (pod?.Metadata.Uid ?? group.Plan.Name, cause.Kind);
            seen.Add(key);
            _since.TryAdd(key, timeProvider.GetTimestamp());
            TimeSpan left = limit - timeProvider.GetElapsedTime(_since[key]);
            if (left <= TimeSpan.Zero)
            {
                hopeless.Add(cause);
            }
            else if (again is null || left < again)
            {
                again = left;
            }
        }

        foreach ((string Who, PodCauseKind Kind) key in _since.Keys.Where(k => IsOf(k.Who, group, pods.Values) && !seen.Contains(k)).ToArray())
        {
            _since.Remove(key);
        }

        return options.FailFast ? (hopeless, again) : ([], null);
    }

    private static bool IsOf(string who, WaitGroup group, IEnumerable<V1Pod> pods) => who == group.Plan.Name || pods.Any(p => p.Metadata.Uid == who);

    /// <summary>Returns how long a cause must last before it is hopeless, or null if it resolves itself.</summary>
    private TimeSpan? LimitOf(PodCause cause, V1Pod? pod, V1Pod? scheduler) => cause.Kind switch
    {
        PodCauseKind.QuotaExceeded => CreationLimit,
        PodCauseKind.NotCreated when pod is null && cause.Text.Contains("cannot be created", StringComparison.Ordinal) => CreationLimit,
        PodCauseKind.InvalidConfiguration => ConfigurationLimit,
        PodCauseKind.Unschedulable => options.UnschedulableLimit,
        PodCauseKind.ImageNotPulled when pod is not null =>
            IsNeverPulled(pod) || _pulls.GetValueOrDefault(pod.Metadata.Uid).Failures >= PullFailures ? TimeSpan.Zero : PullLimit,
        PodCauseKind.CrashLoop or PodCauseKind.OutOfMemory when pod is not null && IsCrashLoop(pod, scheduler) => TimeSpan.Zero,
        _ => null,
    };

    private bool IsCrashLoop(V1Pod pod, V1Pod? scheduler) => StatusesOf(pod).Any(s =>
        s.State?.Waiting?.Reason == "CrashLoopBackOff" && s.RestartCount >= options.CrashLoopRestarts && !EndedBeforeScheduler(s, scheduler));

    /// <summary>Determines whether the container ended before the scheduler was ready: such exits do not count.</summary>
    private static bool EndedBeforeScheduler(V1ContainerStatus status, V1Pod? scheduler)
    {
        if (scheduler is null)
        {
            return false;
        }

        DateTime? ready = scheduler.Status?.Conditions?.FirstOrDefault(static c => c is { Type: "Ready", Status: "True" })?.LastTransitionTime;
        return !PodDiagnosis.IsReady(scheduler) || (ready is { } from && status.LastState?.Terminated?.FinishedAt is { } ended && ended <= from);
    }

    private static bool IsNeverPulled(V1Pod pod) =>
        StatusesOf(pod).Any(static s => s.State?.Waiting?.Reason is ContainerDiagnosis.ImageNeverPull or ContainerDiagnosis.InvalidImageName);

    /// <summary>Counts failed pulls: the kubelet reports ErrImagePull after each, and ImagePullBackOff until the next.</summary>
    private void NotePulls(V1Pod pod)
    {
        string? reason = StatusesOf(pod).Select(static s => s.State?.Waiting?.Reason).FirstOrDefault(ContainerDiagnosis.IsImageReason);
        (int failures, string? before) = _pulls.GetValueOrDefault(pod.Metadata.Uid);
        bool failed = reason == ContainerDiagnosis.ImagePullFailed ? before != reason : reason is not null && before is null;
        _pulls[pod.Metadata.Uid] = (failures + (failed ? 1 : 0), reason);
    }

    private static IEnumerable<V1ContainerStatus> StatusesOf(V1Pod pod) =>
        (pod.Status?.InitContainerStatuses ?? []).Concat(pod.Status?.ContainerStatuses ?? []);
}
