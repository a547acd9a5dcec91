using System.Text.Json.Nodes;
using DaskK8s.Testing.Patching;
using DaskK8s.Testing.Processes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Controllers;

/// <summary>Binds pods to the node until its resources are used up.</summary>
internal sealed class PodScheduler(ObjectStore store, EventRecorder events, EmbeddedClusterOptions options, PodFaults faults)
{
    private readonly NodeUsage _usage = new(store);

    public void Schedule(StoredObject pod)
    {
        if (pod.IsTerminating)
        {
            return;
        }

        string now = Json.Timestamp(store.Time.GetUtcNow());
        List<StoredObject> nodes = [.. store.List(ResourceTypes.Nodes).Items];
        Dictionary<string, int> reasons = new(StringComparer.Ordinal);
        StoredObject? chosen = null;
        foreach (StoredObject node in nodes)
        {
            string? because = faults.Unschedulable(pod) ?? WhyNot(pod, node);
            if (because is null)
            {
                chosen = node;
                break;
            }

            reasons[because] = reasons.GetValueOrDefault(because) + 1;
        }

        if (chosen is null)
        {
            string why = $"0/{nodes.Count} nodes are available: {string.Join(", ", reasons.Select(pair => $"{pair.Value} {pair.Key}"))}.";
            if (options.Minor >= 24 && reasons.Keys.Any(reason => reason.StartsWith("Insufficient", StringComparison.Ordinal)))
            {
                why += $" preemption: 0/{nodes.Count} nodes are available: {nodes.Count} No preemption victims found for incoming pod.";
            }

            if (PodState.Condition(pod.Value, "PodScheduled").Text("message") != why)
            {
                Change(pod, value => PodState.SetCondition(value, "PodScheduled", false, now, "Unschedulable", why));
                events.Record(pod, "Warning", "FailedScheduling", why, "default-scheduler");
            }

            return;
        }

        // A binding enters no field into the books.
        store.TryUpdate(pod.Key, value =>
        {
            value.Child("spec")["nodeName"] = chosen.Key.Name;
            PodState.SetCondition(value, "PodScheduled", true, now);
        });
        events.Record(pod, "Normal", "Scheduled", $"Successfully assigned {pod.Key.Namespace}/{pod.Key.Name} to {chosen.Key.Name}", "default-scheduler");
    }

    private string? WhyNot(StoredObject pod, StoredObject node)
    {
        if (node.Value.Flag("spec", "unschedulable"))
        {
            return "node(s) were unschedulable";
        }

        Dictionary<string, string> labels = node.Value.Map("metadata", "labels");
        if (pod.Value.Map("spec", "nodeSelector").Any(pair => labels.GetValueOrDefault(pair.Key) != pair.Value))
        {
            return options.Minor >= 22 ? "node(s) didn't match Pod's node affinity/selector" : "node(s) didn't match node selector";
        }

        foreach ((string name, decimal amount) in NodeUsage.RequestsOf(pod.Value))
        {
            decimal capacity = Quantity.Parse(node.Value.Text("status", "allocatable", name) ?? node.Value.Text("status", "capacity", name));
            if (amount > 0 && _usage.Of(node.Key.Name, name) + amount > capacity)
            {
                return name == "pods" ? "Too many pods" : $"Insufficient {name}";
            }
        }

        return null;
    }

    private void Change(StoredObject pod, Action<JsonObject> change) => store.TryUpdate(pod.Key, value =>
    {
        JsonObject old = value.CloneObject();
        change(value);
        ManagedFields.Update(old, value, "kube-scheduler", "v1", "status", store.Time.GetUtcNow());
    });
}
