using System.Text.Json.Nodes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Controllers;

/// <summary>Writes Events; a repeated event increments its count.</summary>
internal sealed class EventRecorder(ObjectStore store)
{
    private readonly Dictionary<(string Uid, string Reason, string Message), ObjectKey> _recorded = [];

    public void Record(StoredObject about, string type, string reason, string message, string component) => store.Locked(() =>
    {
        string now = Json.Timestamp(store.Time.GetUtcNow());
        StoredObject? same = _recorded.TryGetValue((about.Uid, reason, message), out ObjectKey known)
            ? store.TryUpdate(known, value =>
            {
                value["count"] = (value.Number("count") ?? 1) + 1;
                value["lastTimestamp"] = now;
            })
            : null;
        if (same is not null)
        {
            return same;
        }

        string inNamespace = about.Key.Namespace.Length == 0 ? "default" : about.Key.Namespace;
        ObjectKey key = new(ResourceTypes.Events, inNamespace, $"{about.Key.Name}.{Random.Shared.NextInt64():x16}");
        if (store.Get(new ObjectKey(ResourceTypes.Namespaces, string.Empty, inNamespace)) is not { IsTerminating: false })
        {
            return null;
        }

        _recorded[(about.Uid, reason, message)] = key;
        JsonObject source = new() { ["component"] = component };
        if (component == "kubelet")
        {
            source["host"] = "node1";
        }

        return store.Create(key, new JsonObject
        {
            ["kind"] = "Event",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["involvedObject"] = new JsonObject
            {
                ["kind"] = about.Key.Type.Kind,
                ["namespace"] = about.Key.Namespace,
                ["name"] = about.Key.Name,
                ["uid"] = about.Uid,
                ["apiVersion"] = about.Key.Type.ApiVersion,
                ["resourceVersion"] = about.Value.Text("metadata", "resourceVersion"),
            },
            ["reason"] = reason,
            ["message"] = message,
            ["source"] = source,
            ["firstTimestamp"] = now,
            ["lastTimestamp"] = now,
            ["count"] = 1,
            ["type"] = type,
            ["eventTime"] = null,
            ["reportingComponent"] = component,
            ["reportingInstance"] = string.Empty,
        });
    });
}
