using System.Text.Json.Nodes;
using DaskK8s.Testing.Api;
using DaskK8s.Testing.Patching;
using DaskK8s.Testing.Releases;
using DaskK8s.Testing.Processes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Controllers;

/// <summary>Maintains the desired replicas of a ReplicaSet.</summary>
internal sealed class ReplicaSetController(ObjectStore store, ObjectRules objects, Deletion deletion, EventRecorder events, EmbeddedClusterOptions options, Quotas quotas)
{
    internal const string Manager = "kube-controller-manager";

    private const string NameAlphabet = "bcdfghjklmnpqrstvwxz2456789";

    public void Sync(ObjectKey key)
    {
        if (store.Get(key) is not { } set)
        {
            return;
        }

        List<StoredObject> pods = PodsOf(set);
        string? failure = null;
        if (!set.IsTerminating)
        {
            int wanted = (int)(set.Value.Number("spec", "replicas") ?? 1);
            if (pods.Count < wanted)
            {
                failure = Grow(set, wanted - pods.Count);
            }
            else if (pods.Count > wanted)
            {
                Shrink(set, pods, pods.Count - wanted);
            }

            pods = PodsOf(set);
        }

        WriteStatus(set, pods, failure);
    }

    public List<StoredObject> PodsOf(StoredObject set)
    {
        LabelSelector selector = LabelSelector.From(set.Value.At("spec", "selector"));
        List<StoredObject> pods = [];
        foreach (StoredObject pod in store.List(ResourceTypes.Pods, set.Key.Namespace).Items)
        {
            if (!PodState.IsActive(pod.Value))
            {
                continue;
            }

            string? controller = Owners.ControllerOf(pod.Value);
            if (controller == set.Uid)
            {
                pods.Add(pod);
            }
            else if (controller is null && !set.IsTerminating && selector.Matches(pod) && store.TryUpdate(pod.Key, value => value.Child("metadata")["ownerReferences"] = Owners.Reference(set)) is { } adopted)
            {
                pods.Add(adopted);
            }
        }

        return pods;
    }

    private string? Grow(StoredObject set, int count)
    {
        for (int i = 0; i < count; i++)
        {
            JsonObject template = set.Value.At("spec", "template")!.CloneObject();
            JsonObject metadata = template.Child("metadata");
            string name = $"{set.Key.Name}-{string.Concat(Random.Shared.GetItems(NameAlphabet.ToCharArray(), 5))}";
            metadata["generateName"] = $"{set.Key.Name}-";
            metadata["ownerReferences"] = Owners.Reference(set);
            Injection.Apply(template);
            ObjectKey key = new(ResourceTypes.Pods, set.Key.Namespace, name);
            try
            {
                quotas.Demand(key, template);
                StoredObject pod = objects.Create(key, template, Manager, "Update", dryRun: false);
                events.Record(set, "Normal", "SuccessfulCreate", $"Created pod: {pod.Key.Name}", "replicaset-controller");
            }
            catch (ApiException e)
            {
                events.Record(set, "Warning", "FailedCreate", $"Error creating: {e.Message}", "replicaset-controller");
                return e.Message;
            }
        }

        return null;
    }

    private void Shrink(StoredObject set, List<StoredObject> pods, int count)
    {
        Dictionary<string, int> onNode = pods.GroupBy(pod => pod.Value.Text("spec", "nodeName") ?? string.Empty).ToDictionary(group => group.Key, group => group.Count());
        IEnumerable<StoredObject> candidates = pods.Order(new DeletionOrder(store.Time.GetUtcNow(), options.Minor >= 22, onNode)).Take(count).ToList();
        foreach (StoredObject candidate in candidates)
        {
            if (deletion.TryDelete(candidate.Key, []))
            {
                events.Record(set, "Normal", "SuccessfulDelete", $"Deleted pod: {candidate.Key.Name}", "replicaset-controller");
            }
        }
    }

    private void WriteStatus(StoredObject set, List<StoredObject> pods, string? failure) => store.TryUpdate(set.Key, value =>
    {
        JsonObject old = value.CloneObject();
        JsonObject status = value.Child("status");
        int ready = pods.Count(pod => PodState.IsReady(pod.Value));
        status["replicas"] = pods.Count;
        Counts.Set(status, "fullyLabeledReplicas", pods.Count);
        Counts.Set(status, "readyReplicas", ready);
        Counts.Set(status, "availableReplicas", ready);
        status["observedGeneration"] = value.Number("metadata", "generation") ?? 1;
        string now = Json.Timestamp(store.Time.GetUtcNow());
        if (failure is not null)
        {
            PodState.SetCondition(value, "ReplicaFailure", true, now, "FailedCreate", failure, isPod: false);
            PodState.Condition(value, "ReplicaFailure")!.Remove("lastUpdateTime");
        }
        else if (status["conditions"] is JsonArray && (value.Number("spec", "replicas") ?? 1) <= pods.Count)
        {
            status.Remove("conditions");
        }

        if (!JsonNode.DeepEquals(old, value))
        {
            ManagedFields.Update(old, value, Manager, "apps/v1", "status", store.Time.GetUtcNow());
        }
    });
}
