namespace DaskK8s.Workers;

/// <summary>Lists what each feature of the library asks of the API server: the one table behind the check and the documented Roles.</summary>
internal static class FeatureRules
{
    /// <summary>Gives every feature with its rules for a namespace.</summary>
    /// <param name="namespace">The namespace that the calls are made in.</param>
    /// <returns>The features, those that others build on first.</returns>
    public static IReadOnlyList<FeatureRule> For(string @namespace) =>
    [
        new("groups", "See the worker groups and their pods",
            [new("list", "deployments", "apps", @namespace), new("list", "pods", "", @namespace)],
            [new("list", "replicasets", "apps", @namespace)],
            "Without replicasets, pods are told apart by their owners' names instead of uids."),
        new("release", "Read the release: chart, revision, values, declared replicas",
            [new("list", "secrets", "", @namespace)],
            [new("list", "configmaps", "", @namespace)],
            "ConfigMaps only where Helm stores there (HELM_DRIVER=configmap). Without either, the release is known from labels only."),
        new("scale", "Scale a worker group",
            [new("patch", "deployments", "apps", @namespace)], [], null),
        new("lossless", "Scale down without losing results",
            [new("patch", "pods", "", @namespace), new("delete", "pods", "", @namespace)], [], "Needs the scheduler, too."),
        new("wait", "Wait for workers and say why it waits",
            [new("watch", "deployments", "apps", @namespace), new("watch", "pods", "", @namespace)],
            [new("list", "events", "", @namespace)],
            "Without events, a quota that is exceeded and slow image pulls cannot be named."),
        new("logs", "Read and follow logs",
            [new("get", "pods/log", "", @namespace), new("watch", "pods", "", @namespace)], [], null),
        new("forward", "Reach the scheduler and the dashboard from outside the cluster",
            [new("create", "pods/portforward", "", @namespace)],
            [new("get", "pods/portforward", "", @namespace)],
            "get only where the forward has to fall back to WebSockets, which are GET requests. In a pod of the cluster the Service is dialled and nothing is needed."),
        new("services", "Reach a scheduler of type LoadBalancer or NodePort directly",
            [new("get", "services", "", @namespace)],
            [new("list", "services", "", @namespace), new("watch", "services", "", @namespace), new("list", "nodes", "", "")],
            "list and watch to wait for a LoadBalancer's address; nodes for a NodePort without a given NodeHost."),
        new("adaptive", "Keep two adaptive loops from fighting over a release",
            [],
            [
                new("get", "leases", "coordination.k8s.io", @namespace),
                new("create", "leases", "coordination.k8s.io", @namespace),
                new("update", "leases", "coordination.k8s.io", @namespace),
            ],
            "Adaptive scaling itself needs scale and lossless; without leases only one loop may be run."),
    ];
}
