using DaskK8s.Groups;
using DaskK8s.Helm.Chart;

using k8s.Models;

namespace DaskK8s.WorkerGroups;

/// <summary>Combines a group's data from the release with its Kubernetes objects.</summary>
internal static class GroupBuilder
{
    /// <summary>Builds the groups.</summary>
    /// <param name="scale">Scales a group.</param>
    /// <param name="plans">The groups as the release declares them.</param>
    /// <param name="snapshot">The Kubernetes objects; if pods were not read, the known pods are kept.</param>
    /// <param name="known">The groups as of the last read.</param>
    /// <returns>One group for each Deployment that exists.</returns>
    public static IReadOnlyList<WorkerGroup> Build(ScaleGroup scale, IEnumerable<GroupPlan> plans, WorkloadSnapshot snapshot, IReadOnlyList<WorkerGroup> known) =>
    [
        .. plans.Select(plan => snapshot.FindDeployment(plan.DeploymentName) is { } deployment
            ? Build(
                scale,
                plan,
                deployment,
                snapshot.HasPods ? [.. snapshot.PodsOf(deployment).Select(ToPod)] : null,
                known.FirstOrDefault(g => g.Name == plan.Name)?.Pods ?? [])
            : null).OfType<WorkerGroup>(),
    ];

    /// <summary>Converts a pod to its public form.</summary>
    public static WorkerPod ToPod(V1Pod pod) => new(
        pod.Metadata.Name,
        pod.Metadata.Uid,
        string.IsNullOrEmpty(pod.Status?.PodIP) ? null : pod.Status.PodIP,
        pod.Status?.Phase ?? "Unknown",
        pod.Status?.Conditions?.Any(static c => c is { Type: "Ready", Status: "True" }) == true,
        pod.Metadata.DeletionTimestamp is not null,
        string.IsNullOrEmpty(pod.Spec?.NodeName) ? null : pod.Spec.NodeName);

    private static WorkerGroup Build(ScaleGroup scale, GroupPlan plan, V1Deployment deployment, WorkerPod[]? pods, IReadOnlyList<WorkerPod> knownPods)
    {
        V1PodSpec? spec = deployment.Spec?.Template?.Spec;
        V1Container? worker = DaskContainer.Of(spec, plan.Container);
        string[] arguments = [.. worker?.Command ?? [], .. worker?.Args ?? []];
        Dictionary<string, string> limits = Quantities(worker?.Resources?.Limits);
        WorkerCommandLine commandLine = WorkerCommandLine.Parse(worker?.Command, worker?.Args);
        return new WorkerGroup(scale)
        {
            Name = plan.Name,
            IsDefault = plan.IsDefault,
            DeploymentName = plan.DeploymentName,
            Declared = plan.Declared,
            Deployed = plan.Deployed,
            Desired = deployment.Spec?.Replicas ?? 1,
            Ready = pods?.Count(static pod => pod is { IsReady: true, IsTerminating: false }) ?? deployment.Status?.ReadyReplicas ?? 0,
            Image = worker?.Image ?? "",
            WorkerCommand = commandLine.Command,
            Arguments = arguments,
            DaskResources = commandLine.Resources,
            Requests = Quantities(worker?.Resources?.Requests),
            Limits = limits,
            GpuCount = GpuResources.Count(limits),
            NodeSelector = spec?.NodeSelector is { } nodes ? nodes.AsReadOnly() : new Dictionary<string, string>(),
            Tolerations = [.. (spec?.Tolerations ?? []).Select(static t => new Toleration(t.Key, t.OperatorProperty ?? "Equal", t.Value, t.Effect))],
            Pods = pods ?? knownPods,
        };
    }

    private static Dictionary<string, string> Quantities(IDictionary<string, ResourceQuantity>? quantities) =>
        quantities?.ToDictionary(static q => q.Key, static q => q.Value.ToString(), StringComparer.Ordinal) ?? [];
}
