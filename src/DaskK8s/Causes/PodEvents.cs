using DaskK8s.Common;

using k8s.Models;

namespace DaskK8s.Causes;

/// <summary>Selects events about one object.</summary>
internal static class PodEvents
{
    /// <summary>Returns the message of the latest event with the reason, or null.</summary>
    public static string? Latest(IReadOnlyList<Corev1Event>? events, string reason) =>
        events?.Where(e => e.Reason == reason).OrderBy(TimeOf).LastOrDefault()?.Message;

    /// <summary>Returns the message of the latest event that says why a pull failed; a second event of the kubelet gives no reason.</summary>
    public static string? PullFailure(IReadOnlyList<Corev1Event>? events) =>
        events?.Where(static e => e.Reason == "Failed" && e.Message?.StartsWith("Error: ", StringComparison.Ordinal) == false).OrderBy(TimeOf).LastOrDefault()?.Message;

    /// <summary>Returns the latest event in brackets, or an empty string.</summary>
    public static string LatestInBrackets(IReadOnlyList<Corev1Event>? events) =>
        events?.OrderBy(TimeOf).LastOrDefault() is { } latest ? $" (latest event: {latest.Reason}{Words.Tail(latest.Message)})" : "";

    // Which of the times is set depends on the component that wrote the event.
    private static DateTime TimeOf(Corev1Event e) =>
        e.Series?.LastObservedTime ?? e.LastTimestamp ?? e.EventTime ?? e.FirstTimestamp ?? e.Metadata?.CreationTimestamp ?? DateTime.MinValue;
}
