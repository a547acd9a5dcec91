namespace DaskK8s.Permissions;

/// <summary>The API calls that each feature of the library needs: the table used by the check and for the documented Roles.</summary>
internal static class FeatureRules
{
    /// <summary>Returns every feature with its rules for a namespace.</summary>
    /// <param name="namespace">The namespace of the calls.</param>
    /// <returns>The features; a feature precedes those that depend on it.</returns>
    public static IReadOnlyList<FeatureRule> For(string @namespace)
    {
        KubernetesApiCall Apps(string verb, string resource) => new(verb, resource, "apps", @namespace);
        KubernetesApiCall Core(string verb, string resource) => new(verb, resource, "", @namespace);
        KubernetesApiCall Lease(string verb) => new(verb, "leases", "coordination.k8s.io", @namespace);

        // Connecting itself needs these, so that each feature's Role is enough by itself.
        KubernetesApiCall[] groups = [Apps("list", "deployments"), Core("list", "pods")];
        return
        [
            new("groups", "See the worker groups and their pods",
                groups,
                [Apps("list", "replicasets")],
                "Without replicasets, pods are told apart by their owners' names instead of uids."),
            new("release", "Read the release: chart, revision, values, declared replicas",
                [.. groups, Core("list", "secrets")],
                [Core("list", "configmaps")],
                "ConfigMaps only where Helm stores there (HELM_DRIVER=configmap). Without either, the release is known from labels only."),
            new("scale", "Scale a worker group",
                [.. groups, Apps("get", "deployments"), Apps("patch", "deployments")], [], null),
            new("lossless", "Scale down without losing results",
                [.. groups, Apps("get", "deployments"), Apps("patch", "deployments"), Core("patch", "pods"), Core("delete", "pods")],
                [],
                "Also needs access to the scheduler: *forward*, or a pod of the cluster."),
            new("wait", "Wait for workers and report the cause",
                [.. groups, Apps("watch", "deployments"), Core("watch", "pods")],
                [Core("list", "events"), Core("get", "pods/log")],
                "Without events, slow image pulls and failing mounts cannot be named; without logs, a crash is reported without its last log lines."),
            new("logs", "Read and follow logs",
                [.. groups, Core("watch", "pods"), Core("get", "pods/log")], [], null),
            new("forward", "Reach the scheduler and the dashboard from outside the cluster",
                [.. groups, Core("create", "pods/portforward")],
                [Core("get", "pods/portforward"), Core("watch", "pods")],
                "get only where the forward has to fall back to WebSockets, which are GET requests; watch to notice at once that the pod was replaced. In a pod of the cluster the Service is dialled and nothing is needed."),
            new("services", "Reach a scheduler of type LoadBalancer or NodePort directly",
                [.. groups, Core("get", "services")],
                [Core("list", "services"), Core("watch", "services"), new("list", "nodes", "", "")],
                "list and watch to wait for a LoadBalancer's address; nodes for a NodePort without a given NodeHost. With NodeHost and NodePort given, nothing beyond groups is needed."),
            new("adaptive", "Keep two adaptive loops from fighting over a release",
                [],
                [Lease("get"), Lease("create"), Lease("update")],
                "Adaptive scaling itself needs scale and lossless; without leases only one loop may be run."),
        ];
    }
}
