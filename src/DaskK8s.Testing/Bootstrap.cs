using System.Globalization;
using System.Text.Json.Nodes;
using DaskK8s.Testing.Api;
using DaskK8s.Testing.Processes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing;

/// <summary>Creates the objects that every new cluster contains.</summary>
internal static class Bootstrap
{
    public static void Fill(ObjectStore store, ObjectRules objects, EmbeddedClusterOptions options, PodNetwork network)
    {
        foreach (string name in (string[])["default", "kube-system", "kube-public", "kube-node-lease"])
        {
            objects.Create(new ObjectKey(ResourceTypes.Namespaces, string.Empty, name), [], "kube-apiserver", "Update", dryRun: false);
            objects.Create(new ObjectKey(ResourceTypes.ServiceAccounts, name, "default"), [], "kube-controller-manager", "Update", dryRun: false);
        }

        objects.Create(
            new ObjectKey(ResourceTypes.Services, "default", "kubernetes"),
            new JsonObject
            {
                ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["component"] = "apiserver", ["provider"] = "kubernetes" } },
                ["spec"] = new JsonObject { ["ports"] = new JsonArray(new JsonObject { ["name"] = "https", ["port"] = 443, ["targetPort"] = 6443 }) },
            },
            "kube-apiserver",
            "Update",
            dryRun: false);
        AddNode(store, options, network);
    }

    public static void Allow(ObjectStore store, string user, string? inNamespace, IReadOnlyList<string> verbs, IReadOnlyList<string> resources)
    {
        string name = $"allow-{Guid.NewGuid():N}";
        JsonArray rules = [];
        foreach (IGrouping<string, string> group in resources.GroupBy(GroupOf))
        {
            rules.Add(new JsonObject { ["apiGroups"] = new JsonArray(group.Key), ["resources"] = Texts(group), ["verbs"] = Texts(verbs) });
        }

        string kind = inNamespace is null ? "ClusterRole" : "Role";
        JsonObject binding = new()
        {
            ["roleRef"] = new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = kind, ["name"] = name },
            ["subjects"] = new JsonArray(new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = "User", ["name"] = user }),
        };
        (ResourceType role, ResourceType bind) = inNamespace is null
            ? (ResourceTypes.ClusterRoles, ResourceTypes.ClusterRoleBindings)
            : (ResourceTypes.Roles, ResourceTypes.RoleBindings);
        store.Create(new ObjectKey(role, inNamespace ?? string.Empty, name), new JsonObject { ["kind"] = role.Kind, ["apiVersion"] = role.ApiVersion, ["rules"] = rules });
        binding["kind"] = bind.Kind;
        binding["apiVersion"] = bind.ApiVersion;
        store.Create(new ObjectKey(bind, inNamespace ?? string.Empty, name), binding);
    }

    private static string GroupOf(string resource) =>
        resource == "*" ? "*" : ResourceTypes.All.FirstOrDefault(type => type.Plural == resource.Split('/')[0])?.Group ?? string.Empty;

    private static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(text => (JsonNode)text)];

    private static void AddNode(ObjectStore store, EmbeddedClusterOptions options, PodNetwork network)
    {
        string now = Json.Timestamp(store.Time.GetUtcNow());
        JsonObject Capacity()
        {
            JsonObject capacity = new() { ["cpu"] = options.NodeCpu, ["ephemeral-storage"] = "500Gi", ["memory"] = options.NodeMemory, ["pods"] = options.DaskProcesses ? "250" : "20000" };
            if (options.Gpus > 0)
            {
                capacity["nvidia.com/gpu"] = options.Gpus.ToString(CultureInfo.InvariantCulture);
            }

            return capacity;
        }

        JsonObject node = new()
        {
            ["kind"] = "Node",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject
            {
                ["labels"] = new JsonObject { ["kubernetes.io/arch"] = "amd64", ["kubernetes.io/hostname"] = "node1", ["kubernetes.io/os"] = "linux" },
            },
            ["spec"] = new JsonObject(),
            ["status"] = new JsonObject
            {
                ["capacity"] = Capacity(),
                ["allocatable"] = Capacity(),
                ["addresses"] = new JsonArray(
                    new JsonObject { ["type"] = "InternalIP", ["address"] = network.Node.ToString() },
                    new JsonObject { ["type"] = "Hostname", ["address"] = "node1" }),
                ["nodeInfo"] = new JsonObject { ["kubeletVersion"] = options.KubernetesVersion, ["operatingSystem"] = "linux", ["architecture"] = "amd64", ["containerRuntimeVersion"] = "embedded://1.0" },
            },
        };
        PodState.SetCondition(node, "Ready", true, now, "KubeletReady", "kubelet is posting ready status", isPod: false);
        store.Create(new ObjectKey(ResourceTypes.Nodes, string.Empty, "node1"), node);
    }
}
