using System.Globalization;

using DaskK8s.Causes;
using DaskK8s.Common;
using DaskK8s.Groups;

using k8s.Models;

namespace DaskK8s.Waiting;

/// <summary>The state of one group during a wait, including what a single read does not show.</summary>
internal sealed class WaitGroup(GroupPlan plan, IEnumerable<string> knownAddresses)
{
    private const int MostDesiredKept = 8;

    private readonly HashSet<string> _addresses = [.. knownAddresses.Select(PodAddresses.Normalize)];
    private readonly List<int> _desired = [];

    public GroupPlan Plan => plan;

    /// <summary>Gets the Deployment's desired replicas during the wait, in order.</summary>
    public IReadOnlyList<int> Desired => _desired;

    /// <summary>Gets the addresses of pods that exist, or are gone while the scheduler can still list their workers.</summary>
    public IReadOnlyCollection<string> Addresses => _addresses;

    public WaitState Look(WaitView view, DateTimeOffset? now = null)
    {
        if (view.Deployments.GetValueOrDefault(plan.DeploymentName) is not { } deployment)
        {
            PodCause missing = new(null, plan.Name, PodCauseKind.DeploymentMissing, $"the Deployment {plan.DeploymentName} does not exist; was the release uninstalled or changed?");
            return new WaitState(Progress(0, [], [], view, missing.Text), false, false, false, [missing]);
        }

        int desired = deployment.Spec?.Replicas ?? 1;
        NoteDesired(desired);
        V1Pod[] all = [.. view.PodsByGroup[plan.Name]];
        V1Pod[] active = [.. all.Where(PodDiagnosis.IsActive)];
        V1Pod[] going = [.. all.Where(p => p.Metadata.DeletionTimestamp is not null && !IsForgotten(p, view))];
        _addresses.UnionWith(all.SelectMany(PodAddresses.Of));
        string[] gone = [.. _addresses.Where(a => !view.IsInUse(a))];
        string[] listed = view.Connections is { } c ? [.. gone.Where(c.IsListed)] : [];
        if (view.IsFresh)
        {
            _addresses.ExceptWith(gone.Except(listed, StringComparer.Ordinal));
        }

        List<PodCause> causes = Causes(view, deployment, desired, active, going, now);
        causes.AddRange(listed.Select(a => new PodCause(null, plan.Name, PodCauseKind.StillListed, $"its pod at {a} is gone, but the scheduler still lists a worker there")));
        bool kubernetes = active.Length == desired && going.Length == 0 && active.All(PodDiagnosis.IsReady) && RolloutLeft(deployment, desired) is null;
        bool isElsewhere = IsElsewhere(active, view);
        bool connected = !view.AsksScheduler || isElsewhere || (desired == 0 && gone.Length == 0)
            || (view is { IsFresh: true, Connections: { } known } && listed.Length == 0 && active.All(known.IsConnected));
        bool complete = kubernetes && connected;
        bool needs = view.AsksScheduler && !isElsewhere
            && (gone.Length > 0 || active.Any(p => PodDiagnosis.IsReady(p) && view.Connections?.IsConnected(p) != true) || (kubernetes && desired > 0));
        string remark = isElsewhere ? $" (its workers connect to another scheduler, {plan.OtherScheduler}, so ready pods are waited for)" : "";
        return new WaitState(Progress(desired, active, going, view, complete ? null : Waiting(causes) + remark), complete, kubernetes, needs, complete ? [] : causes);
    }

    /// <summary>Determines whether a pod is an old one that a rollout is about to replace, so that its problems can be ignored.</summary>
    public static bool IsOutdated(V1Pod pod, V1Deployment deployment, IReadOnlyList<V1Pod> active)
    {
        if (deployment.Spec?.Paused == true || RolloutLeft(deployment, deployment.Spec?.Replicas ?? 1) is null)
        {
            return false;
        }

        if (deployment.Metadata.Generation > (deployment.Status?.ObservedGeneration ?? 0) || deployment.Status?.UpdatedReplicas is null or 0)
        {
            // Which template is the newest cannot be told yet.
            return active.Count > 0;
        }

        V1Pod? youngest = active.MaxBy(static p => p.Metadata.CreationTimestamp);
        return youngest is not null && PodOwners.HashOf(pod) != PodOwners.HashOf(youngest);
    }

    /// <summary>Returns how many new pods a rollout still lacks (0 while it only removes old ones), or null if none is in progress.</summary>
    internal static int? RolloutLeft(V1Deployment deployment, int desired)
    {
        V1DeploymentStatus? status = deployment.Status;
        bool seen = (status?.ObservedGeneration ?? 0) >= (deployment.Metadata.Generation ?? 0);
        if (deployment.Spec?.Paused == true)
        {
            // Scaling goes on while a rollout is paused; the rollout itself does not.
            return seen ? null : 0;
        }

        int updated = status?.UpdatedReplicas ?? 0;
        int replicas = status?.Replicas ?? 0;
        return seen && updated >= desired && replicas <= updated ? null : Math.Max(0, desired - updated);
    }

    /// <summary>Determines whether the wait ignores a pod: its node is lost and the scheduler no longer lists its workers.</summary>
    private static bool IsForgotten(V1Pod pod, WaitView view) =>
        PodDiagnosis.IsNodeLost(pod) && (!view.AsksScheduler || (view.Connections is { } known && !PodAddresses.Of(pod).Any(known.IsListed)));

    /// <summary>Determines whether the group's workers use another scheduler: the Deployment names one, and this one lists none of them.</summary>
    private bool IsElsewhere(IReadOnlyList<V1Pod> active, WaitView view) =>
        plan.OtherScheduler is not null && (view.Connections is not { } known || active.All(p => known.Of(p).Listed == 0));

    private void NoteDesired(int desired)
    {
        if ((_desired.Count == 0 || _desired[^1] != desired) && _desired.Count < MostDesiredKept)
        {
            _desired.Add(desired);
        }
    }

    private List<PodCause> Causes(WaitView view, V1Deployment deployment, int desired, V1Pod[] active, V1Pod[] going, DateTimeOffset? now)
    {
        List<PodCause> causes = [];
        if (active.Length < desired)
        {
            int missing = desired - active.Length;
            causes.Add(CreationFailure.Of(deployment, plan.Name) is { } failure
                ? failure with { Text = $"{Words.Count(missing, "pod")} cannot be created: {failure.Text}" }
                : new PodCause(null, plan.Name, PodCauseKind.NotCreated, $"{Words.Count(missing, "pod")} not created yet"));
        }

        foreach (V1Pod pod in active)
        {
            if ((PodDiagnosis.Of(pod, plan.Name, now) ?? (IsElsewhere(active, view) ? null : NotConnected(pod, view, now))) is { } cause)
            {
                causes.Add(cause);
            }
        }

        if (active.Length > desired && going.Length == 0)
        {
            causes.Add(new PodCause(null, plan.Name, PodCauseKind.Terminating, $"{Words.Count(active.Length - desired, "surplus pod")} not removed yet"));
        }

        causes.AddRange(going.Select(p => PodDiagnosis.Of(p, plan.Name, now)).OfType<PodCause>());
        if (RolloutLeft(deployment, desired) is { } left)
        {
            bool mixed = active.Select(PodOwners.HashOf).Distinct(StringComparer.Ordinal).Count() > 1;
            string text = (deployment.Status?.ObservedGeneration ?? 0) < (deployment.Metadata.Generation ?? 0)
                ? "Kubernetes has not processed the Deployment's change yet"
                : !mixed && desired == active.Length ? "Kubernetes has not counted the pods yet, or is about to replace them"
                : left > 0 ? $"a rollout is in progress: {Words.Count(left, "pod")} of the new template to come" : "a rollout is in progress: pods of the old template to go";
            // Pods that come or go for the first time are a rollout too; then they say it better.
            if (causes.Count == 0 || mixed)
            {
                causes.Add(new PodCause(null, plan.Name, PodCauseKind.RolloutInProgress, text));
            }
        }

        return causes;
    }

    private PodCause? NotConnected(V1Pod pod, WaitView view, DateTimeOffset? now)
    {
        if (!view.AsksScheduler || view.Connections is not { } known || known.IsConnected(pod))
        {
            return null;
        }

        DateTime? ready = pod.Status?.Conditions?.FirstOrDefault(static c => c.Type == "Ready")?.LastTransitionTime;
        string since = now is { } time && ready is { } start && time - new DateTimeOffset(start) is { TotalSeconds: >= 1 } age ? $" since {Words.Duration(age)}" : "";
        (int listed, int expected) = known.Of(pod);
        string text = listed == 0
            ? $"is ready{since}, but the scheduler does not list its worker{(plan.Doubt is { } doubt ? $", which may be another scheduler's: {doubt}" : "")}"
            : string.Create(CultureInfo.InvariantCulture, $"is ready{since}, but the scheduler lists {listed} of its {expected} workers");
        return new PodCause(pod.Metadata.Name, plan.Name, PodCauseKind.NotConnected, text);
    }

    private static string Waiting(List<PodCause> causes)
    {
        if (causes.Count == 0)
        {
            return "waiting for the scheduler's list of workers";
        }

        return string.Join("; ", causes.GroupBy(static c => c.Text).Take(3).Select(static same =>
        {
            string[] pods = [.. same.Select(static c => c.Pod).OfType<string>()];
            return pods.Length == 0 ? same.Key : $"{(pods.Length == 1 ? pods[0] : Words.Count(pods.Length, "pod"))}: {same.Key}";
        }));
    }

    private WorkerGroupProgress Progress(int desired, V1Pod[] active, V1Pod[] going, WaitView view, string? waiting) => new()
    {
        Group = plan.Name,
        Desired = desired,
        Created = active.Length,
        Scheduled = active.Count(static p => !string.IsNullOrEmpty(p.Spec?.NodeName)),
        Ready = active.Count(PodDiagnosis.IsReady),
        Connected = view.Connections is { } known ? active.Count(known.IsConnected) : null,
        Terminating = going.Length,
        Waiting = waiting,
    };
}
