using k8s.Models;

namespace DaskK8s.Logs;

/// <summary>Is a pod whose log is read.</summary>
/// <param name="Pod">The pod's name.</param>
/// <param name="Group">The worker group, or null.</param>
/// <param name="Component">What the pod is.</param>
/// <param name="Container">The name of the container that runs Dask.</param>
internal sealed record LogTarget(string Pod, string? Group, PodComponent Component, string Container)
{
    /// <summary>Names the annotation that says which container is meant where a pod has several; service meshes set it.</summary>
    private const string DefaultContainer = "kubectl.kubernetes.io/default-container";

    public static string ContainerOf(V1Pod pod) =>
        pod.Metadata.Annotations is { } notes && notes.TryGetValue(DefaultContainer, out string? name)
            ? name
            : pod.Spec?.Containers is { Count: > 0 } containers ? containers[0].Name : "";
}
