using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using DaskK8s.Testing.Api;
using DaskK8s.Testing.Patching;
using DaskK8s.Testing.Processes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Controllers;

/// <summary>Rolls a Deployment's template out to ReplicaSets and scales them.</summary>
internal sealed class DeploymentController(ObjectStore store, ObjectRules objects, EventRecorder events)
{
    private const string Revision = "deployment.kubernetes.io/revision";
    private const string HashLabel = "pod-template-hash";
    private const string HashAlphabet = "bcdfghjklmnpqrstvwxz2456789";

    public void Sync(ObjectKey key)
    {
        if (store.Get(key) is not { } deployment)
        {
            return;
        }

        if (deployment.IsTerminating)
        {
            WriteStatus(deployment, SetsOf(deployment), null);
            return;
        }

        List<StoredObject> sets = SetsOf(deployment);
        StoredObject? current = sets.Find(set => SameTemplate(set, deployment));
        bool paused = deployment.Value.Flag("spec", "paused");
        if (current is null && !paused)
        {
            current = CreateSet(deployment, sets);
            sets = SetsOf(deployment);
        }
        else if (current is not null)
        {
            KeepRevision(deployment, current, sets);
        }

        if (current is not null)
        {
            Roll(deployment, store.Get(current.Key) ?? current, [.. sets.Where(set => set.Uid != current.Uid)], paused);
            sets = SetsOf(deployment);
            current = sets.Find(set => set.Uid == current.Uid);
        }

        WriteStatus(deployment, sets, current);
        CleanUp(deployment, sets, current);
    }

    private static int Replicas(StoredObject stored) => (int)(stored.Value.Number("spec", "replicas") ?? 1);

    private static int Ready(StoredObject set) => (int)(set.Value.Number("status", "availableReplicas") ?? 0);

    private static long RevisionOf(StoredObject stored) =>
        long.TryParse(stored.Value.Map("metadata", "annotations").GetValueOrDefault(Revision), CultureInfo.InvariantCulture, out long revision) ? revision : 0;

    private static bool SameTemplate(StoredObject set, StoredObject deployment)
    {
        JsonObject template = set.Value.At("spec", "template")!.CloneObject();
        template.Child("metadata", "labels").Remove(HashLabel);
        return JsonNode.DeepEquals(template, deployment.Value.At("spec", "template"));
    }

    private static string HashOf(JsonNode template)
    {
        uint hash = 2166136261;
        foreach (byte value in Encoding.UTF8.GetBytes(template.ToJsonString()))
        {
            hash = (hash ^ value) * 16777619;
        }

        return string.Concat(hash.ToString(CultureInfo.InvariantCulture).Select(digit => HashAlphabet[digit % HashAlphabet.Length]));
    }

    private static int Share(JsonNode? value, int replicas, bool up)
    {
        string text = value.Text() ?? "25%";
        if (!text.EndsWith('%'))
        {
            return int.Parse(text, CultureInfo.InvariantCulture);
        }

        double exact = replicas * double.Parse(text[..^1], CultureInfo.InvariantCulture) / 100;
        return (int)(up ? Math.Ceiling(exact) : Math.Floor(exact));
    }

    private List<StoredObject> SetsOf(StoredObject deployment) =>
        [.. store.List(ResourceTypes.ReplicaSets, deployment.Key.Namespace).Items.Where(set => Owners.ControllerOf(set.Value) == deployment.Uid)];

    private StoredObject CreateSet(StoredObject deployment, List<StoredObject> sets)
    {
        JsonObject template = deployment.Value.At("spec", "template")!.CloneObject();
        string hash = HashOf(template);
        template.Child("metadata", "labels")[HashLabel] = hash;
        JsonObject selector = deployment.Value.At("spec", "selector")!.CloneObject();
        selector.Child("matchLabels")[HashLabel] = hash;
        (int surge, _) = Limits(deployment);
        JsonObject annotations = deployment.Value.At("metadata", "annotations")?.CloneObject() ?? [];
        annotations.Remove("kubectl.kubernetes.io/last-applied-configuration");
        long revision = sets.Select(RevisionOf).DefaultIfEmpty().Max() + 1;
        annotations[Revision] = revision.ToString(CultureInfo.InvariantCulture);
        annotations["deployment.kubernetes.io/desired-replicas"] = Replicas(deployment).ToString(CultureInfo.InvariantCulture);
        annotations["deployment.kubernetes.io/max-replicas"] = (Replicas(deployment) + surge).ToString(CultureInfo.InvariantCulture);
        int replicas = FirstReplicas(deployment, sets, surge);
        JsonObject value = new()
        {
            ["metadata"] = new JsonObject { ["labels"] = template.At("metadata", "labels")!.DeepClone(), ["annotations"] = annotations, ["ownerReferences"] = Owners.Reference(deployment) },
            ["spec"] = new JsonObject { ["replicas"] = replicas, ["selector"] = selector, ["template"] = template },
        };
        StoredObject set = objects.Create(new ObjectKey(ResourceTypes.ReplicaSets, deployment.Key.Namespace, $"{deployment.Key.Name}-{hash}"), value, ReplicaSetController.Manager, "Update", dryRun: false);
        SetRevision(deployment, revision);
        if (replicas > 0)
        {
            events.Record(deployment, "Normal", "ScalingReplicaSet", $"Scaled up replica set {set.Key.Name} from 0 to {replicas}", "deployment-controller");
        }

        return set;
    }

    /// <summary>Returns the initial replicas of a new ReplicaSet, given the pods that still run.</summary>
    private static int FirstReplicas(StoredObject deployment, List<StoredObject> sets, int surge)
    {
        int running = sets.Sum(Replicas);
        bool recreate = deployment.Value.Text("spec", "strategy", "type") == "Recreate";
        return running == 0 ? (recreate && sets.Exists(set => set.Value.Number("status", "replicas") is > 0) ? 0 : Replicas(deployment))
            : recreate ? 0
            : Math.Clamp(Replicas(deployment) + surge - running, 0, Replicas(deployment));
    }

    private void SetRevision(StoredObject deployment, long revision) => store.TryUpdate(deployment.Key, value =>
    {
        JsonObject old = value.CloneObject();
        value.Child("metadata", "annotations")[Revision] = revision.ToString(CultureInfo.InvariantCulture);
        if (!JsonNode.DeepEquals(old, value))
        {
            ManagedFields.Update(old, value, ReplicaSetController.Manager, "apps/v1", "status", store.Time.GetUtcNow());
        }
    });

    /// <summary>Assigns a new revision to a template that was used before.</summary>
    private void KeepRevision(StoredObject deployment, StoredObject current, List<StoredObject> sets)
    {
        long newest = sets.Where(set => set.Uid != current.Uid).Select(RevisionOf).DefaultIfEmpty().Max();
        long revision = RevisionOf(current);
        if (revision <= newest)
        {
            revision = newest + 1;
            store.TryUpdate(current.Key, value => value.Child("metadata", "annotations")[Revision] = revision.ToString(CultureInfo.InvariantCulture));
        }

        SetRevision(deployment, revision);
    }

    private static (int Surge, int Unavailable) Limits(StoredObject deployment)
    {
        JsonNode? strategy = deployment.Value.At("spec", "strategy");
        if (strategy.Text("type") == "Recreate")
        {
            return (0, 0);
        }

        int replicas = Replicas(deployment);
        int surge = Share(strategy.At("rollingUpdate", "maxSurge"), replicas, up: true);
        int unavailable = Share(strategy.At("rollingUpdate", "maxUnavailable"), replicas, up: false);
        return (surge, surge == 0 && unavailable == 0 ? 1 : unavailable);
    }

    private void Roll(StoredObject deployment, StoredObject current, List<StoredObject> old, bool paused)
    {
        int wanted = Replicas(deployment);
        (int surge, int unavailable) = Limits(deployment);
        List<StoredObject> running = [.. old.Where(set => Replicas(set) > 0)];
        if (running.Count == 0)
        {
            bool oldPodsLeft = deployment.Value.Text("spec", "strategy", "type") == "Recreate"
                && old.Any(set => store.List(ResourceTypes.Pods, set.Key.Namespace).Items.Any(pod => Owners.ControllerOf(pod.Value) == set.Uid));
            if (!oldPodsLeft)
            {
                Scale(deployment, current, wanted, surge);
            }

            return;
        }

        if (paused)
        {
            return;
        }

        if (deployment.Value.Text("spec", "strategy", "type") == "Recreate")
        {
            running.ForEach(set => Scale(deployment, set, 0, surge));
            return;
        }

        int total = running.Sum(Replicas) + Replicas(current);
        int room = wanted + surge - total;
        if (Replicas(current) < wanted && room > 0)
        {
            Scale(deployment, current, Math.Min(wanted, Replicas(current) + room), surge);
            current = store.Get(current.Key) ?? current;
        }
        else if (Replicas(current) > wanted)
        {
            Scale(deployment, current, wanted, surge);
            current = store.Get(current.Key) ?? current;
        }

        // What is not available may go at once; of the rest only as many as the new pods have made up for.
        int notAvailableInNew = Replicas(current) - Ready(current);
        int most = running.Sum(Replicas) + Replicas(current) - (wanted - unavailable) - notAvailableInNew;
        foreach (StoredObject set in running.OrderBy(set => set.Value.Text("metadata", "creationTimestamp"), StringComparer.Ordinal))
        {
            int go = Math.Min(most, Replicas(set));
            if (go > 0)
            {
                Scale(deployment, set, Replicas(set) - go, surge);
                most -= go;
            }
        }
    }

    private void Scale(StoredObject deployment, StoredObject set, int replicas, int surge)
    {
        int before = Replicas(set);
        store.TryUpdate(set.Key, value =>
        {
            JsonObject old = value.CloneObject();
            value.Child("spec")["replicas"] = replicas;
            JsonObject annotations = value.Child("metadata", "annotations");
            annotations["deployment.kubernetes.io/desired-replicas"] = Replicas(deployment).ToString(CultureInfo.InvariantCulture);
            annotations["deployment.kubernetes.io/max-replicas"] = (Replicas(deployment) + surge).ToString(CultureInfo.InvariantCulture);
            if (!JsonNode.DeepEquals(old, value))
            {
                ManagedFields.Update(old, value, ReplicaSetController.Manager, "apps/v1", null, store.Time.GetUtcNow());
            }
        });
        if (before != replicas)
        {
            events.Record(deployment, "Normal", "ScalingReplicaSet", $"Scaled {(replicas > before ? "up" : "down")} replica set {set.Key.Name} from {before} to {replicas}", "deployment-controller");
        }
    }

    private void WriteStatus(StoredObject deployment, List<StoredObject> sets, StoredObject? current) => store.TryUpdate(deployment.Key, value =>
    {
        JsonObject old = value.CloneObject();
        int wanted = Replicas(deployment);
        int total = sets.Sum(set => (int)(set.Value.Number("status", "replicas") ?? 0));
        int available = sets.Sum(Ready);
        int updated = current is null ? 0 : (int)(current.Value.Number("status", "replicas") ?? 0);
        JsonObject status = value.Child("status");
        Counts.Set(status, "replicas", total);
        Counts.Set(status, "updatedReplicas", updated);
        Counts.Set(status, "readyReplicas", sets.Sum(set => (int)(set.Value.Number("status", "readyReplicas") ?? 0)));
        Counts.Set(status, "availableReplicas", available);
        Counts.Set(status, "unavailableReplicas", Math.Max(0, Math.Max(wanted, total) - available));
        status["observedGeneration"] = deployment.Value.Number("metadata", "generation") ?? 1;
        string now = Json.Timestamp(store.Time.GetUtcNow());
        bool enough = available >= wanted - Limits(deployment).Unavailable;
        PodState.SetCondition(value, "Available", enough, now, enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
            enough ? "Deployment has minimum availability." : "Deployment does not have minimum availability.", isPod: false);
        if (current is not null)
        {
            bool complete = updated == wanted && total == wanted && available == wanted;
            bool wasComplete = PodState.Condition(old, "Progressing").Text("reason") == "NewReplicaSetAvailable"
                && PodState.Condition(old, "Progressing").Text("message")?.Contains(current.Key.Name, StringComparison.Ordinal) == true;
            // As on the real server, a Deployment that was complete stays so when it is scaled.
            PodState.SetCondition(value, "Progressing", true, now, complete || wasComplete ? "NewReplicaSetAvailable" : "ReplicaSetUpdated",
                complete || wasComplete ? $"ReplicaSet \"{current.Key.Name}\" has successfully progressed." : $"ReplicaSet \"{current.Key.Name}\" is progressing.", isPod: false);
        }

        JsonObject? failure = sets.Select(set => PodState.Condition(set.Value, "ReplicaFailure")).FirstOrDefault(condition => condition is not null);
        if (failure is not null)
        {
            PodState.SetCondition(value, "ReplicaFailure", true, now, failure.Text("reason"), failure.Text("message"), isPod: false);
        }
        else if (PodState.Condition(value, "ReplicaFailure") is { } over)
        {
            (status["conditions"] as JsonArray)!.Remove(over);
        }

        if (!JsonNode.DeepEquals(old, value))
        {
            ManagedFields.Update(old, value, ReplicaSetController.Manager, "apps/v1", "status", store.Time.GetUtcNow());
        }
    });

    private void CleanUp(StoredObject deployment, List<StoredObject> sets, StoredObject? current)
    {
        List<StoredObject> idle = [.. sets.Where(set => set.Uid != current?.Uid && Replicas(set) == 0 && set.Value.Number("status", "replicas") is null or 0).OrderBy(RevisionOf)];
        int limit = (int)(deployment.Value.Number("spec", "revisionHistoryLimit") ?? 10);
        foreach (StoredObject set in idle.Take(Math.Max(0, idle.Count - limit)))
        {
            store.Delete(set.Key);
        }
    }
}
