using System.Text.Json.Nodes;
using DaskK8s.Testing.Patching;
using DaskK8s.Testing.Processes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Controllers;

/// <summary>Writes the status of pods from the state of their containers, as a kubelet does.</summary>
internal sealed class PodStatusWriter(ObjectStore store, EmbeddedClusterOptions options, PodFaults faults, PodNetwork network)
{
    public static string ContainerId(PodRun run, ContainerRun container) =>
        $"containerd://{run.Uid.Replace("-", string.Empty, StringComparison.Ordinal)}{container.Restarts:x32}";

    /// <summary>Writes the state of a pod's containers.</summary>
    public void Write(StoredObject pod, PodRun run)
    {
        bool healthy = run.ReadyByHand ?? !faults.Has(PodFault.NeverReady, pod);
        string now = Json.Timestamp(store.Time.GetUtcNow());
        store.TryUpdate(pod.Key, value =>
        {
            if (value.Text("metadata", "uid") != run.Uid)
            {
                return;
            }

            JsonObject old = value.CloneObject();
            if (faults.Has(PodFault.NodeLost, pod))
            {
                // As the node controller does: it knows nothing of the containers, and gives no reason.
                PodState.SetCondition(value, "Ready", false, now);
                if (!JsonNode.DeepEquals(old, value))
                {
                    ManagedFields.Update(old, value, "kube-controller-manager", "v1", "status", store.Time.GetUtcNow());
                }

                return;
            }

            List<string> unready = [.. run.Containers.Where(container => !container.IsRunning || !healthy).Select(container => container.Name)];
            bool ready = unready.Count == 0;
            bool begun = run.Containers.All(container => container.Waiting is null || container.LastTerminated is not null);
            JsonObject status = value.Child("status");
            status["phase"] = run.EndPhase ?? (begun ? "Running" : "Pending");
            status.Default("startTime", () => now);
            status["hostIP"] = network.Node.ToString();
            if (options.Minor >= 28)
            {
                status["hostIPs"] = new JsonArray(new JsonObject { ["ip"] = network.Node.ToString() });
            }

            status["podIP"] = run.Address.ToString();
            status["podIPs"] = new JsonArray(new JsonObject { ["ip"] = run.Address.ToString() });
            string? reason = ready ? null : run.EndPhase == "Succeeded" ? "PodCompleted" : "ContainersNotReady";
            string? why = ready || run.EndPhase == "Succeeded" ? null : $"containers with unready status: [{string.Join(' ', unready)}]";
            PodState.SetCondition(value, "Initialized", true, now);
            PodState.SetCondition(value, "Ready", ready, now, reason, why);
            PodState.SetCondition(value, "ContainersReady", ready, now, reason, why);
            if (options.Minor >= 29)
            {
                PodState.SetCondition(value, "PodReadyToStartContainers", begun, now);
            }

            if (value.At("spec", "initContainers") is JsonArray { Count: > 0 } initContainers)
            {
                status["initContainerStatuses"] = new JsonArray([.. initContainers.OfType<JsonObject>().Select(spec => (JsonNode)InitStatus(old, spec, now))]);
            }

            status["containerStatuses"] = new JsonArray([.. run.Containers.Select(container => (JsonNode)ContainerStatus(old, run, container, healthy, now))]);
            if (!JsonNode.DeepEquals(old, value))
            {
                ManagedFields.Update(old, value, "kubelet", "v1", "status", store.Time.GetUtcNow());
            }
        });
    }

    /// <summary>Returns the status of an init container: it has succeeded, or keeps running if it is a native sidecar.</summary>
    private static JsonObject InitStatus(JsonObject pod, JsonObject spec, string now)
    {
        string name = spec.Text("name")!;
        bool isSidecar = spec.Text("restartPolicy") == "Always";
        JsonNode? before = pod.Objects("status", "initContainerStatuses").FirstOrDefault(item => item.Text("name") == name)?["state"];
        return new JsonObject
        {
            ["name"] = name,
            ["state"] = before?.DeepClone() ?? (isSidecar
                ? new JsonObject { ["running"] = new JsonObject { ["startedAt"] = now } }
                : new JsonObject { ["terminated"] = new JsonObject { ["exitCode"] = 0, ["reason"] = "Completed", ["startedAt"] = now, ["finishedAt"] = now } }),
            ["lastState"] = new JsonObject(),
            ["ready"] = true,
            ["restartCount"] = 0,
            ["image"] = spec.Text("image"),
            ["imageID"] = string.Empty,
            ["started"] = isSidecar,
        };
    }

    private static JsonObject ContainerStatus(JsonObject pod, PodRun run, ContainerRun container, bool healthy, string now)
    {
        JsonObject? before = pod.Objects("status", "containerStatuses").FirstOrDefault(item => item.Text("name") == container.Name);
        JsonObject spec = pod.Objects("spec", "containers").First(item => item.Text("name") == container.Name);
        JsonObject state = [];
        if (container.Waiting is { } waiting)
        {
            JsonObject reason = new() { ["reason"] = waiting };
            if (container.Message is { } message)
            {
                reason["message"] = message;
            }

            state["waiting"] = reason;
        }
        else if (container.Terminated is { } terminated)
        {
            state["terminated"] = terminated.DeepClone();
        }
        else
        {
            bool same = before.At("state", "running") is not null && before.Number("restartCount") == container.Restarts;
            state["running"] = new JsonObject { ["startedAt"] = same ? before.Text("state", "running", "startedAt") : now };
        }

        JsonObject status = new()
        {
            ["name"] = container.Name,
            ["state"] = state,
            ["lastState"] = container.LastTerminated is { } last ? new JsonObject { ["terminated"] = last.DeepClone() } : new JsonObject(),
            ["ready"] = container.IsRunning && healthy,
            ["restartCount"] = container.Restarts,
            ["image"] = spec.Text("image"),
            ["imageID"] = container.IsRunning ? $"sha256:{spec.Text("image")!.Length:x64}" : string.Empty,
            ["started"] = container.IsRunning,
        };
        if (container.IsRunning)
        {
            status["containerID"] = ContainerId(run, container);
        }

        return status;
    }
}
