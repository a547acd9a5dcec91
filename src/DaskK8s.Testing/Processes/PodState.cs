using System.Globalization;
using System.Text.Json.Nodes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Processes;

/// <summary>Reads the state of a pod for controllers, and writes its conditions.</summary>
internal static class PodState
{
    public static bool IsActive(JsonNode pod) =>
        pod.Text("status", "phase") is not ("Succeeded" or "Failed") && pod.At("metadata", "deletionTimestamp") is null;

    public static bool IsReady(JsonNode pod) => Condition(pod, "Ready").Text("status") == "True";

    public static JsonObject? Condition(JsonNode value, string type) =>
        value.Objects("status", "conditions").FirstOrDefault(condition => condition.Text("type") == type);

    public static DateTimeOffset? Time(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time : null;

    /// <summary>Sets a condition; its transition time changes only with its status.</summary>
    public static void SetCondition(JsonObject value, string type, bool status, string now, string? reason = null, string? message = null, bool isPod = true)
    {
        JsonObject holder = value.Child("status");
        if (holder["conditions"] is not JsonArray conditions)
        {
            conditions = [];
            holder["conditions"] = conditions;
        }

        string text = status ? "True" : "False";
        JsonObject? condition = conditions.OfType<JsonObject>().FirstOrDefault(item => item.Text("type") == type);
        if (condition is null)
        {
            condition = new JsonObject { ["type"] = type };
            conditions.Add(condition);
        }

        bool same = condition.Text("status") == text;
        bool told = same && condition.Text("reason") == reason && condition.Text("message") == message;
        condition["status"] = text;
        if (isPod)
        {
            condition["lastProbeTime"] = null;
        }
        else if (!told)
        {
            condition["lastUpdateTime"] = now;
        }

        if (!same)
        {
            condition["lastTransitionTime"] = now;
        }

        SetOrRemove(condition, "reason", reason);
        SetOrRemove(condition, "message", message);
    }

    private static void SetOrRemove(JsonObject condition, string name, string? value)
    {
        if (value is null)
        {
            condition.Remove(name);
        }
        else
        {
            condition[name] = value;
        }
    }
}
