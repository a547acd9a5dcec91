using System.Globalization;

using DaskK8s.Common;

using k8s.Models;

namespace DaskK8s.Causes;

/// <summary>Determines from a container's status why it is not running.</summary>
internal static class ContainerDiagnosis
{
    public const string ImageNeverPull = "ErrImageNeverPull";
    public const string InvalidImageName = "InvalidImageName";
    public const string ImagePullFailed = "ErrImagePull";

    public static (PodCauseKind Kind, string Text) Explain(
        V1Pod pod, V1ContainerStatus status, string which, DateTimeOffset? now, IReadOnlyList<Corev1Event>? events)
    {
        string name = which.Length == 0 ? "" : $"{which}{status.Name}: ";
        V1ContainerStateWaiting? waiting = status.State?.Waiting;
        if (IsImageReason(waiting?.Reason))
        {
            string image = string.IsNullOrEmpty(status.Image) ? ImageOf(pod, status.Name) : status.Image;
            string message = waiting!.Reason == "ImagePullBackOff" ? PodEvents.PullFailure(events) ?? waiting.Message : waiting.Message;
            return (PodCauseKind.ImageNotPulled, $"{name}the image {image} cannot be pulled ({waiting.Reason}){Words.Tail(message)}");
        }

        if (waiting?.Reason is "CreateContainerConfigError" or "CreateContainerError" or "RunContainerError")
        {
            return (PodCauseKind.InvalidConfiguration, $"{name}the container cannot be started ({waiting.Reason}){Words.Tail(waiting.Message)}");
        }

        V1ContainerStateTerminated? ended = status.State?.Terminated ?? status.LastState?.Terminated;
        if (ended is not null && (waiting?.Reason == "CrashLoopBackOff" || status.State?.Terminated is not null))
        {
            string again = status.RestartCount == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", restarted {Times(status.RestartCount)}");
            return ended.Reason == "OOMKilled"
                ? (PodCauseKind.OutOfMemory, $"{name}was killed as it used more memory than its limit{MemoryLimit(pod, status.Name)}{again}")
                : (PodCauseKind.CrashLoop, $"{name}{(again.Length == 0 ? "has ended" : "ends again and again")}: {ExitOf(ended)}{again}");
        }

        if (waiting?.Reason == "CrashLoopBackOff")
        {
            return (PodCauseKind.CrashLoop, $"{name}keeps exiting, restarted {Times(status.RestartCount)}");
        }

        string reason = waiting?.Reason is { Length: > 0 } r and not ("ContainerCreating" or "PodInitializing") ? $" ({r}{Words.Tail(waiting.Message)})" : "";
        TimeSpan age = now is { } time && pod.Status?.StartTime is { } start ? time - new DateTimeOffset(start) : TimeSpan.Zero;
        string since = age >= TimeSpan.FromSeconds(5) ? $" since {Words.Duration(age)}" : "";
        string what = waiting?.Reason == "PodInitializing" ? "waits for its init containers" : "its container is being created";
        return (PodCauseKind.ContainerCreating, $"{name}{what}{since}{reason}{PodEvents.LatestInBrackets(events)}");
    }

    public static bool IsImageReason(string? reason) => reason is ImagePullFailed or "ImagePullBackOff" or ImageNeverPull or InvalidImageName
        or "ImageInspectError" or "RegistryUnavailable" or "SignatureValidationFailed";

    /// <summary>Describes how a container ended, without the message that its process may have left.</summary>
    public static string ExitOf(V1ContainerStateTerminated ended)
    {
        string code = ended.ExitCode.ToString(CultureInfo.InvariantCulture);
        string meaning = ended.ExitCode switch
        {
            0 => ", as if its work were done",
            126 => ": its command cannot be executed",
            127 or 128 when ended.Reason is "ContainerCannotRun" or "StartError" => $": its command could not be started{Words.Tail(ended.Message)}",
            127 => ": its command was not found",
            137 => ": it was killed (SIGKILL)",
            139 => ": segmentation fault (SIGSEGV)",
            143 => ": it was ended (SIGTERM)",
            _ => "",
        };
        return $"exit code {code}{meaning}";
    }

    private static string Times(int count) => count == 1 ? "once" : string.Create(CultureInfo.InvariantCulture, $"{count} times");

    private static string ImageOf(V1Pod pod, string container) => SpecOf(pod, container)?.Image ?? "?";

    private static string MemoryLimit(V1Pod pod, string container) =>
        SpecOf(pod, container)?.Resources?.Limits is { } limits && limits.TryGetValue("memory", out ResourceQuantity? memory) ? $" of {memory}" : "";

    private static V1Container? SpecOf(V1Pod pod, string container) =>
        (pod.Spec?.Containers ?? []).Concat(pod.Spec?.InitContainers ?? []).FirstOrDefault(c => c.Name == container);
}
