using System.Text.Json.Nodes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Api;

/// <summary>Sets default values for fields that an object omits, as the real server does.</summary>
internal static class Defaults
{
    public static void Apply(ResourceType type, JsonObject value)
    {
        if (type == ResourceTypes.Deployments)
        {
            Deployment(value);
        }
        else if (type == ResourceTypes.ReplicaSets || type == ResourceTypes.StatefulSets)
        {
            JsonObject spec = value.Child("spec");
            spec.Default("replicas", () => 1);
            PodSpec(spec.Child("template").Child("spec"));
        }
        else if (type == ResourceTypes.Pods)
        {
            PodSpec(value.Child("spec"));
            Pod(value.Child("spec"));
            if (value["status"] is null)
            {
                value["status"] = new JsonObject { ["phase"] = "Pending", ["qosClass"] = QualityOf(value.Child("spec")) };
            }
        }
        else if (type == ResourceTypes.Secrets)
        {
            Secret(value);
        }
        else if (type == ResourceTypes.Namespaces)
        {
            value.Child("spec").Default("finalizers", () => new JsonArray("kubernetes"));
            value.Child("status").Default("phase", () => "Active");
            value.Child("metadata", "labels").Default("kubernetes.io/metadata.name", () => value.Text("metadata", "name") ?? string.Empty);
        }
        else if (type == ResourceTypes.Roles || type == ResourceTypes.ClusterRoles)
        {
            value.Default("rules", () => new JsonArray());
        }
        else if (type == ResourceTypes.RoleBindings || type == ResourceTypes.ClusterRoleBindings)
        {
            foreach (JsonObject subject in value.Objects("subjects").Where(subject => subject.Text("kind") is "User" or "Group"))
            {
                subject.Default("apiGroup", () => "rbac.authorization.k8s.io");
            }
        }
    }

    private static void Deployment(JsonObject value)
    {
        JsonObject spec = value.Child("spec");
        spec.Default("replicas", () => 1);
        spec.Default("revisionHistoryLimit", () => 10);
        spec.Default("progressDeadlineSeconds", () => 600);
        JsonObject strategy = spec.Child("strategy");
        strategy.Default("type", () => "RollingUpdate");
        if (strategy.Text("type") == "RollingUpdate")
        {
            JsonObject rolling = strategy.Child("rollingUpdate");
            rolling.Default("maxUnavailable", () => "25%");
            rolling.Default("maxSurge", () => "25%");
        }

        JsonObject template = spec.Child("template");
        template.Child("metadata");
        PodSpec(template.Child("spec"));
    }

    private static void PodSpec(JsonObject spec)
    {
        spec.Default("restartPolicy", () => "Always");
        spec.Default("terminationGracePeriodSeconds", () => 30);
        spec.Default("dnsPolicy", () => "ClusterFirst");
        spec.Default("securityContext", () => new JsonObject());
        spec.Default("schedulerName", () => "default-scheduler");
        if (spec.Text("serviceAccountName") is { } account)
        {
            spec.Default("serviceAccount", () => account);
        }

        foreach (JsonObject container in spec.Objects("containers").Concat(spec.Objects("initContainers")))
        {
            Container(container);
        }

        foreach (JsonObject volume in spec.Objects("volumes"))
        {
            foreach (string kind in (string[])["configMap", "secret"])
            {
                (volume[kind] as JsonObject)?.Default("defaultMode", () => 420);
            }

            if (volume.Count == 1)
            {
                volume["emptyDir"] = new JsonObject();
            }
        }
    }

    private static void Container(JsonObject container)
    {
        string image = container.Text("image") ?? string.Empty;
        string tag = image[(image.LastIndexOf('/') + 1)..];
        container.Default("imagePullPolicy", () => !tag.Contains(':', StringComparison.Ordinal) || tag.EndsWith(":latest", StringComparison.Ordinal) ? "Always" : "IfNotPresent");
        container.Default("terminationMessagePath", () => "/dev/termination-log");
        container.Default("terminationMessagePolicy", () => "File");
        container.Default("resources", () => new JsonObject());
        foreach (JsonObject port in container.Objects("ports"))
        {
            port.Default("protocol", () => "TCP");
        }

        foreach (string probe in (string[])["livenessProbe", "readinessProbe", "startupProbe"])
        {
            if (container[probe] is JsonObject check)
            {
                check.Default("timeoutSeconds", () => 1);
                check.Default("periodSeconds", () => 10);
                check.Default("successThreshold", () => 1);
                check.Default("failureThreshold", () => 3);
                if (check["httpGet"] is JsonObject http)
                {
                    http.Default("scheme", () => "HTTP");
                }
            }
        }

        foreach (string side in (string[])["limits", "requests"])
        {
            if (container.At("resources", side) is JsonObject amounts)
            {
                foreach ((string name, JsonNode? amount) in amounts.ToList())
                {
                    amounts[name] = Quantity.TryCanonical(amount.Text()) ?? amount.Text();
                }
            }
        }
    }

    private static void Pod(JsonObject spec)
    {
        spec.Default("serviceAccountName", () => "default");
        spec.Default("serviceAccount", () => spec.Text("serviceAccountName")!);
        spec.Default("enableServiceLinks", () => true);
        spec.Default("preemptionPolicy", () => "PreemptLowerPriority");
        spec.Default("priority", () => 0);
        spec.Default("tolerations", () => new JsonArray(Toleration("node.kubernetes.io/not-ready"), Toleration("node.kubernetes.io/unreachable")));
        foreach (JsonObject container in spec.Objects("containers"))
        {
            if (container.At("resources", "limits") is JsonObject limits)
            {
                foreach ((string name, JsonNode? amount) in limits.ToList())
                {
                    container.Child("resources", "requests").Default(name, () => amount!.DeepClone());
                }
            }
        }
    }

    private static JsonObject Toleration(string key) =>
        new() { ["key"] = key, ["operator"] = "Exists", ["effect"] = "NoExecute", ["tolerationSeconds"] = 300 };

    private static string QualityOf(JsonObject spec)
    {
        List<JsonObject> containers = [.. spec.Objects("containers")];
        bool any = containers.Exists(container => container.At("resources", "requests") is JsonObject { Count: > 0 } || container.At("resources", "limits") is JsonObject { Count: > 0 });
        bool all = containers.TrueForAll(container => ((string[])["cpu", "memory"]).All(name =>
            container.At("resources", "limits", name) is { } limit && limit.Text() == (container.Text("resources", "requests", name) ?? limit.Text())));
        return !any ? "BestEffort" : all ? "Guaranteed" : "Burstable";
    }

    private static void Secret(JsonObject value)
    {
        value.Default("type", () => "Opaque");
        if (value["stringData"] is JsonObject plain)
        {
            JsonObject data = value.Child("data");
            foreach ((string name, JsonNode? text) in plain)
            {
                data[name] = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text.Text() ?? string.Empty));
            }

            value.Remove("stringData");
        }
    }
}
