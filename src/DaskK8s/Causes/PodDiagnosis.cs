using System.Globalization;

using DaskK8s.Common;
using DaskK8s.Groups;

using k8s.Models;

namespace DaskK8s.Causes;

/// <summary>Determines from a pod's status, and its events if available, why it is not ready.</summary>
internal static class PodDiagnosis
{
    /// <summary>Returns the cause, or null for a ready pod that is not being deleted.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="group">The worker group, or null.</param>
    /// <param name="now">The current time; null to omit durations.</param>
    /// <param name="events">The events about the pod; null if they were not read or cannot be read.</param>
    public static PodCause? Of(V1Pod pod, string? group, DateTimeOffset? now, IReadOnlyList<Corev1Event>? events = null)
    {
        if (Explain(pod, now, events) is not { } cause)
        {
            return null;
        }

        return new PodCause(pod.Metadata.Name, group, cause.Kind, cause.Text);
    }

    public static bool IsReady(V1Pod pod) => pod.Metadata.DeletionTimestamp is null && Condition(pod, "Ready")?.Status == "True";

    /// <summary>Determines whether a ReplicaSet still counts the pod.</summary>
    public static bool IsActive(V1Pod pod) => pod.Metadata.DeletionTimestamp is null && pod.Status?.Phase is not ("Failed" or "Succeeded");

    /// <summary>Determines whether the pod's node no longer responds, so that the pod's status is out of date.</summary>
    /// <remarks>
    /// The node controller sets a pod's Ready condition to False without touching ContainersReady, evicts by taint later, and older
    /// versions write NodeLost. None of this needs permission to read nodes.
    /// </remarks>
    public static bool IsNodeLost(V1Pod pod) =>
        pod.Status?.Reason == "NodeLost"
        || Condition(pod, "Ready") is { Status: "Unknown" }
        || (Condition(pod, "Ready") is { Status: "False", Reason: null or "" }
            && Condition(pod, "ContainersReady") is { Status: "True" }
            && pod.Spec?.ReadinessGates is not { Count: > 0 })
        || Condition(pod, "DisruptionTarget") is { Status: "True", Reason: "DeletionByTaintManager" };

    private static (PodCauseKind Kind, string Text)? Explain(V1Pod pod, DateTimeOffset? now, IReadOnlyList<Corev1Event>? events)
    {
        string node = string.IsNullOrEmpty(pod.Spec?.NodeName) ? "" : $" {pod.Spec.NodeName}";
        if (pod.Metadata.DeletionTimestamp is { } deadline)
        {
            return IsNodeLost(pod) ? (PodCauseKind.NodeLost, $"is being deleted, but its node{node} does not answer") : Terminating(pod, new DateTimeOffset(deadline), now);
        }

        if (pod.Status?.Phase is "Failed" or "Succeeded")
        {
            string reason = pod.Status.Reason is { Length: > 0 } why ? $"has ended ({why})" : "has ended";
            return (PodCauseKind.Ended, reason + Words.Tail(pod.Status.Message));
        }

        if (node.Length == 0)
        {
            return NotScheduled(Condition(pod, "PodScheduled"));
        }

        if (IsNodeLost(pod))
        {
            return (PodCauseKind.NodeLost, $"its node{node} does not answer");
        }

        foreach (V1ContainerStatus status in pod.Status?.InitContainerStatuses ?? [])
        {
            bool done = status.State?.Terminated is { ExitCode: 0 } || status.State?.Running is not null && status.Started == true;
            if (!done)
            {
                return ContainerDiagnosis.Explain(pod, status, "init container ", now, events);
            }
        }

        // The container that runs Dask says most, wherever it stands among those of a service mesh.
        string dask = DaskContainer.NameOf(pod);
        foreach (V1ContainerStatus status in (pod.Status?.ContainerStatuses ?? []).OrderByDescending(s => s.Name == dask))
        {
            if (status.State?.Running is null)
            {
                string which = pod.Status!.ContainerStatuses.Count > 1 ? "container " : "";
                return ContainerDiagnosis.Explain(pod, status, which, now, events);
            }
        }

        if (IsReady(pod))
        {
            return null;
        }

        return pod.Status?.ContainerStatuses is { Count: > 0 }
            ? (PodCauseKind.NotReady, "runs, but is not ready" + Words.Tail(PodEvents.Latest(events, "Unhealthy") ?? Condition(pod, "Ready")?.Message))
            : (PodCauseKind.ContainerCreating, "its container is being created" + PodEvents.LatestInBrackets(events));
    }

    private static (PodCauseKind Kind, string Text) NotScheduled(V1PodCondition? scheduled) => scheduled switch
    {
        { Status: "False", Reason: "Unschedulable" } => (PodCauseKind.Unschedulable, SchedulingWords.Explain(scheduled.Message)),
        { Status: "False", Reason: "SchedulingGated" } => (PodCauseKind.NotScheduled, "is held back by a scheduling gate" + Words.Tail(scheduled.Message)),
        { Status: "False" } => (PodCauseKind.NotScheduled, "could not be scheduled" + Words.Tail(scheduled.Message)),
        _ => (PodCauseKind.NotScheduled, "has not been scheduled yet"),
    };

    private static (PodCauseKind Kind, string Text) Terminating(V1Pod pod, DateTimeOffset deadline, DateTimeOffset? now)
    {
        // The deletion's time stamp is when the grace period ends, not when the pod was deleted.
        long grace = pod.Metadata.DeletionGracePeriodSeconds ?? pod.Spec?.TerminationGracePeriodSeconds ?? 30;
        TimeSpan? since = now - deadline.AddSeconds(-grace);
        string text = since is { } time
            ? string.Create(CultureInfo.InvariantCulture, $"has been terminating for {Words.Duration(time > TimeSpan.Zero ? time : TimeSpan.Zero)}, its grace period is {grace} s")
            : "is terminating";
        if (pod.Metadata.Finalizers is { Count: > 0 } finalizers)
        {
            text += $"; it waits for the finalizers {string.Join(", ", finalizers)}";
        }
        else if (now > deadline)
        {
            text += " and over";
        }

        return (PodCauseKind.Terminating, text);
    }

    private static V1PodCondition? Condition(V1Pod pod, string type) => pod.Status?.Conditions?.FirstOrDefault(c => c.Type == type);
}
