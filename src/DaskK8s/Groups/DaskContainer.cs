using DaskK8s.Helm.Chart;

using k8s.Models;

namespace DaskK8s.Groups;

/// <summary>Finds the container that runs Dask in a pod or in a Deployment's template.</summary>
internal static class DaskContainer
{
    /// <summary>The annotation that names the default container of a pod with several; service meshes set it.</summary>
    private const string DefaultContainer = "kubectl.kubernetes.io/default-container";

    /// <summary>Finds the container.</summary>
    /// <param name="spec">The pod's or the template's specification.</param>
    /// <param name="templated">The container's name in the Deployment's template; null if unknown.</param>
    /// <param name="annotations">The pod's annotations.</param>
    /// <returns>The container, or null if there is none.</returns>
    public static V1Container? Of(V1PodSpec? spec, string? templated = null, IDictionary<string, string>? annotations = null) => ContainerChoice.Choose(
        spec?.Containers as IReadOnlyList<V1Container> ?? [.. spec?.Containers ?? []],
        static c => c.Name,
        static c => WorkerCommandLine.Parse(c.Command, c.Args),
        templated,
        annotations is not null && annotations.TryGetValue(DefaultContainer, out string? name) ? name : null);

    public static V1Container? Of(V1Pod pod, string? templated = null) => Of(pod.Spec, templated, pod.Metadata.Annotations);

    /// <summary>Returns the name of a pod's Dask container, or an empty string if it has none.</summary>
    public static string NameOf(V1Pod pod, string? templated = null) => Of(pod, templated)?.Name ?? "";

    /// <summary>Returns the status of a pod's Dask container, or null if the kubelet has not written one yet.</summary>
    public static V1ContainerStatus? StatusOf(V1Pod pod, string? templated = null)
    {
        string name = NameOf(pod, templated);
        return pod.Status?.ContainerStatuses?.FirstOrDefault(s => string.Equals(s.Name, name, StringComparison.Ordinal));
    }

    /// <summary>Determines from its command line whether a pod runs Dask workers.</summary>
    public static bool IsWorker(V1Pod pod) =>
        Of(pod) is { } container && WorkerCommandLine.Parse(container.Command, container.Args).Program is DaskProgram.Worker or DaskProgram.CudaWorker;

    /// <summary>Returns how many Dask workers a pod starts according to its arguments, or 1 if they do not set it.</summary>
    public static int WorkersOf(V1Pod pod, string? templated = null) =>
        Of(pod, templated) is { } container && WorkerCommandLine.Parse(container.Command, container.Args).WorkerProcesses is { } count and > 0 ? count : 1;
}
