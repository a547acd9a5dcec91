using System.Globalization;
using System.Runtime.CompilerServices;

using DaskK8s.Causes;
using DaskK8s.Common;
using DaskK8s.Kubernetes;

using k8s.Models;

namespace DaskK8s.Logs;

/// <summary>Reads the current log of one pod; if it is empty, returns the reason.</summary>
internal static class LogsOfPod
{
    /// <summary>Reads the lines; a notice is a line added by this library.</summary>
    public static async IAsyncEnumerable<(LogsRawLine Line, bool IsNotice)> ReadAsync(
        KubeRequests requests, V1Pod pod, LogTarget target, PodLogFilter filter, Action? opened, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(pod.Spec?.NodeName))
        {
            yield return Notice(requests, $"no log: {Why(requests, pod, target.Group)}");
            yield break;
        }

        ContainerView view = ContainerView.Of(pod, target.Container);
        LogsRequest request = new(target.Pod, target.Container) { Previous = filter.Previous, TailLines = filter.TailLines, Since = filter.Since };
        LogsAttempt attempt = new(requests, request);
        await foreach (LogsRawLine line in attempt.ReadAsync(opened, cancellationToken).ConfigureAwait(false))
        {
            yield return (line, false);
        }

        if (attempt.HasLines)
        {
            if (attempt.Error is { } broken)
            {
                yield return Notice(requests, $"the log broke off: {broken.Message}");
            }

            yield break;
        }

        if (filter.Previous || !view.HasPrevious || attempt.Error is KubernetesForbiddenException or KubernetesNotFoundException)
        {
            yield return Notice(requests, NoLog(requests, pod, target, filter, attempt.Error));
            yield break;
        }

        LogsAttempt previous = new(requests, request with { Previous = true });
        await foreach (LogsRawLine line in previous.ReadAsync(null, cancellationToken).ConfigureAwait(false))
        {
            if (previous.IsFirst)
            {
                yield return Notice(requests, PreviousNotice(pod, target), line.Time);
            }

            yield return (line, false);
        }

        if (!previous.HasLines)
        {
            yield return Notice(requests, NoLog(requests, pod, target, filter, attempt.Error));
        }
    }

    /// <summary>Returns a notice that the following lines are from an earlier run.</summary>
    public static string PreviousNotice(V1Pod pod, LogTarget target)
    {
        V1ContainerStatus? status = pod.Status?.ContainerStatuses?.FirstOrDefault(s => s.Name == target.Container);
        string ended = status?.LastState?.Terminated is { } before
            ? before.Reason == "OOMKilled" ? " (it was killed as it used more memory than its limit)" : $" ({ContainerDiagnosis.ExitOf(before)})"
            : "";
        return string.Create(CultureInfo.InvariantCulture, $"the log of the container before its last restart{ended}; restarts so far: {status?.RestartCount ?? 0}");
    }

    /// <summary>Returns a notice that explains why there are no lines.</summary>
    public static string NoLog(KubeRequests requests, V1Pod pod, LogTarget target, PodLogFilter filter, KubernetesApiException? error)
    {
        if (error is KubernetesForbiddenException or KubernetesNotFoundException)
        {
            return $"no log: {error.Message}";
        }

        if (filter.Previous)
        {
            return ContainerView.Of(pod, target.Container).HasPrevious
                ? $"no previous log: {(error is null ? "that run of the container wrote nothing" : error.Message)}"
                : "no previous log: the container has not been restarted";
        }

        PodCause? cause = PodDiagnosis.Of(pod, target.Group, requests.TimeProvider.GetUtcNow());
        return (cause, error) switch
        {
            ({ } why, _) => $"no log: {why.Text}",
            (null, { } e) => $"no log: {e.Message}",
            _ when filter.TailLines == 0 => "no log: no lines were requested",
            _ when filter.Since is { } age => $"no log: it has written nothing within the last {Words.Duration(age)}",
            _ => "no log: it has written nothing yet",
        };
    }

    public static string Why(KubeRequests requests, V1Pod pod, string? group) =>
        PodDiagnosis.Of(pod, group, requests.TimeProvider.GetUtcNow())?.Text ?? "it has not begun";

    private static (LogsRawLine Line, bool IsNotice) Notice(KubeRequests requests, string text, DateTimeOffset? time = null) =>
        (new LogsRawLine(time ?? requests.TimeProvider.GetUtcNow(), text), true);
}
