using System.Text.Json.Nodes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Controllers;

/// <summary>Tracks the resource requests of each node's pods incrementally, so that a change costs the same for any number of pods.</summary>
internal sealed class NodeUsage
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Node, string Resource), decimal> _used = [];

    public NodeUsage(ObjectStore store) => store.Listen(Note);

    /// <summary>Returns the amount of a resource that the pods of a node request.</summary>
    public decimal Of(string node, string resource)
    {
        lock (_lock)
        {
            return _used.GetValueOrDefault((node, resource));
        }
    }

    /// <summary>Returns the resource requests of a pod.</summary>
    public static Dictionary<string, decimal> RequestsOf(JsonNode pod)
    {
        Dictionary<string, decimal> sum = new(StringComparer.Ordinal) { ["pods"] = 1 };
        foreach (JsonObject container in pod.Objects("spec", "containers"))
        {
            foreach ((string name, string amount) in container.Map("resources", "requests"))
            {
                sum[name] = sum.GetValueOrDefault(name) + Quantity.Parse(amount);
            }
        }

        return sum;
    }

    private static string? NodeOf(JsonNode pod) =>
        pod.Text("status", "phase") is "Succeeded" or "Failed" || pod.Text("spec", "nodeName") is not { Length: > 0 } node ? null : node;

    private void Note(StoreEvent change)
    {
        if (change.Object.Key.Type != ResourceTypes.Pods)
        {
            return;
        }

        string? before = change.Previous is { } previous ? NodeOf(previous.Value) : null;
        string? after = change.Kind == StoreEventKind.Deleted ? null : NodeOf(change.Object.Value);
        if (before == after)
        {
            return;
        }

        lock (_lock)
        {
            Add(before, change.Previous?.Value, -1);
            Add(after, change.Object.Value, 1);
        }
    }

    private void Add(string? node, JsonNode? pod, int sign)
    {
        if (node is null)
        {
            return;
        }

        foreach ((string name, decimal amount) in RequestsOf(pod!))
        {
            _used[(node, name)] = _used.GetValueOrDefault((node, name)) + (sign * amount);
        }
    }
}
