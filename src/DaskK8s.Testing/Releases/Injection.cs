using System.Text.Json.Nodes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Releases;

/// <summary>Simulates the webhook of a service mesh: an annotation of a pod lists the containers to inject.</summary>
internal static class Injection
{
    private const string Annotation = "testing.daskk8s/inject";

    public static JsonObject Annotations(IEnumerable<DaskInjectedContainer> containers) =>
        new() { [Annotation] = string.Join(',', containers.Select(container => $"{container.Place}:{container.Name}")) };

    /// <summary>Injects the containers of a pod's annotation, before the pod is created.</summary>
    public static void Apply(JsonObject pod)
    {
        if (pod.Text("metadata", "annotations", Annotation) is not { Length: > 0 } asked)
        {
            return;
        }

        JsonObject spec = pod.Child("spec");
        JsonArray containers = (JsonArray)spec["containers"]!;
        JsonArray init = spec["initContainers"] as JsonArray ?? [];
        foreach (string[] part in asked.Split(',').Select(item => item.Split(':', 2)))
        {
            JsonObject container = new() { ["name"] = part[1], ["image"] = $"registry.daskk8s.test/{part[1]}:1" };
            switch (Enum.Parse<DaskContainerPlace>(part[0]))
            {
                case DaskContainerPlace.First:
                    containers.Insert(0, container);
                    break;
                case DaskContainerPlace.Last:
                    containers.Add((JsonNode)container);
                    break;
                case DaskContainerPlace.Init:
                    init.Add((JsonNode)container);
                    break;
                default:
                    container["restartPolicy"] = "Always";
                    init.Add((JsonNode)container);
                    break;
            }
        }

        if (init.Count > 0 && init.Parent is null)
        {
            spec["initContainers"] = init;
        }
    }
}
