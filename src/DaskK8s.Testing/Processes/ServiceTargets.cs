using System.Text.Json.Nodes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Processes;

/// <summary>Finds the pods and ports behind a Service.</summary>
internal static class ServiceTargets
{
    public static IEnumerable<StoredObject> ReadyPods(ObjectStore store, StoredObject service)
    {
        LabelSelector selector = LabelSelector.FromMap(service.Value.At("spec", "selector"));
        return store.List(ResourceTypes.Pods, service.Key.Namespace).Items.Where(pod =>
            selector.Matches(pod) && PodState.IsActive(pod.Value) && PodState.IsReady(pod.Value) && pod.Value.Text("status", "podIP") is { Length: > 0 });
    }

    /// <summary>Returns the pod's port that a Service's port targets, by number or by name.</summary>
    public static int? Port(StoredObject pod, JsonObject servicePort)
    {
        string target = servicePort.Text("targetPort") ?? servicePort.Text("port") ?? string.Empty;
        return int.TryParse(target, out int number)
            ? number
            : (int?)pod.Value.Objects("spec", "containers").SelectMany(container => container.Objects("ports")).FirstOrDefault(port => port.Text("name") == target).Number("containerPort");
    }
}
