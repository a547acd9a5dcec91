using System.Net;
using DaskK8s.Testing.Controllers;
using DaskK8s.Testing.Forwarding;
using DaskK8s.Testing.Processes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing;

/// <summary>Controls the pods of an <see cref="EmbeddedCluster"/> beyond what the Kubernetes API allows.</summary>
public sealed class EmbeddedPods
{
    private readonly ObjectStore _store;
    private readonly Kubelet _kubelet;
    private readonly PortMap _ports;

    internal EmbeddedPods(ObjectStore store, Kubelet kubelet, PortMap ports) => (_store, _kubelet, _ports) = (store, kubelet, ports);

    /// <summary>Redirects a port of pods to a test's own server.</summary>
    /// <param name="selector">The pods.</param>
    /// <param name="port">The port in the pod.</param>
    /// <param name="target">The loopback address of the server.</param>
    public void MapPort(PodSelector selector, int port, IPEndPoint target) => _ports.Add(selector, port, target);

    /// <summary>Adds a line to a container's log.</summary>
    /// <param name="inNamespace">The pod's namespace.</param>
    /// <param name="pod">The pod's name.</param>
    /// <param name="line">The line, without a line break.</param>
    /// <param name="container">The container; the first one by default.</param>
    public void AppendLog(string inNamespace, string pod, string line, string? container = null) => Container(inNamespace, pod, container).Log.Add(line);

    /// <summary>Makes a container exit as if its process had died; the kubelet restarts it.</summary>
    /// <param name="inNamespace">The pod's namespace.</param>
    /// <param name="pod">The pod's name.</param>
    /// <param name="exitCode">The exit code; a real process always exits with 137.</param>
    /// <param name="container">The container; the first one by default.</param>
    public void Kill(string inNamespace, string pod, int exitCode = 137, string? container = null) =>
        _kubelet.Kill(Stored(inNamespace, pod), Container(inNamespace, pod, container), exitCode);

    /// <summary>Overrides the readiness of a pod.</summary>
    /// <param name="inNamespace">The pod's namespace.</param>
    /// <param name="pod">The pod's name.</param>
    /// <param name="ready">Whether the pod is ready; null returns control to the kubelet.</param>
    public void SetReady(string inNamespace, string pod, bool? ready) => _kubelet.SetReady(Stored(inNamespace, pod), ready);

    /// <summary>Returns the ID of a container's process.</summary>
    /// <param name="inNamespace">The pod's namespace.</param>
    /// <param name="pod">The pod's name.</param>
    /// <param name="container">The container; the first one by default.</param>
    /// <returns>The process ID, or null if there is no process.</returns>
    public int? ProcessId(string inNamespace, string pod, string? container = null) =>
        Container(inNamespace, pod, container).Process is { Started.IsCompletedSuccessfully: true } process ? process.Started.Result : null;

    private StoredObject Stored(string inNamespace, string pod) =>
        _store.Get(new ObjectKey(ResourceTypes.Pods, inNamespace, pod)) ?? throw new ArgumentException($"There is no pod {pod} in namespace {inNamespace}.", nameof(pod));

    private ContainerRun Container(string inNamespace, string pod, string? container)
    {
        PodRun run = _kubelet.RunOf(Stored(inNamespace, pod)) ?? throw new ArgumentException($"The pod {pod} in namespace {inNamespace} has not started.", nameof(pod));
        return container is null
            ? run.Containers[0]
            : run.Containers.FirstOrDefault(item => item.Name == container) ?? throw new ArgumentException($"The pod {pod} has no container {container}.", nameof(container));
    }
}
