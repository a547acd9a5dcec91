namespace DaskK8s.Testing.Storage;

/// <summary>The kinds of objects that the embedded server keeps.</summary>
internal static class ResourceTypes
{
    public static readonly ResourceType Namespaces = new("", "v1", "Namespace", "namespaces", false) { ShortNames = ["ns"], Subresources = ["status", "finalize"] };
    public static readonly ResourceType Nodes = new("", "v1", "Node", "nodes", false) { ShortNames = ["no"], Subresources = ["status"] };
    public static readonly ResourceType Pods = new("", "v1", "Pod", "pods", true) { ShortNames = ["po"], Categories = ["all"], Subresources = ["status", "log", "portforward", "eviction"] };
    public static readonly ResourceType Services = new("", "v1", "Service", "services", true) { ShortNames = ["svc"], Categories = ["all"], Subresources = ["status"] };
    public static readonly ResourceType Secrets = new("", "v1", "Secret", "secrets", true);
    public static readonly ResourceType ConfigMaps = new("", "v1", "ConfigMap", "configmaps", true) { ShortNames = ["cm"] };
    public static readonly ResourceType Events = new("", "v1", "Event", "events", true) { ShortNames = ["ev"] };
    public static readonly ResourceType ServiceAccounts = new("", "v1", "ServiceAccount", "serviceaccounts", true) { ShortNames = ["sa"] };
    public static readonly ResourceType ResourceQuotas = new("", "v1", "ResourceQuota", "resourcequotas", true) { ShortNames = ["quota"], Subresources = ["status"] };
    public static readonly ResourceType Endpoints = new("", "v1", "Endpoints", "endpoints", true) { ShortNames = ["ep"] };
    public static readonly ResourceType PersistentVolumeClaims = new("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", true) { ShortNames = ["pvc"], Subresources = ["status"] };
    public static readonly ResourceType LimitRanges = new("", "v1", "LimitRange", "limitranges", true) { ShortNames = ["limits"] };
    public static readonly ResourceType Deployments = new("apps", "v1", "Deployment", "deployments", true) { ShortNames = ["deploy"], Categories = ["all"], Subresources = ["status", "scale"], HasGeneration = true };
    public static readonly ResourceType ReplicaSets = new("apps", "v1", "ReplicaSet", "replicasets", true) { ShortNames = ["rs"], Categories = ["all"], Subresources = ["status", "scale"], HasGeneration = true };
    public static readonly ResourceType StatefulSets = new("apps", "v1", "StatefulSet", "statefulsets", true) { ShortNames = ["sts"], Categories = ["all"], Subresources = ["status", "scale"], HasGeneration = true };
    public static readonly ResourceType DaemonSets = new("apps", "v1", "DaemonSet", "daemonsets", true) { ShortNames = ["ds"], Categories = ["all"], Subresources = ["status"], HasGeneration = true };
    public static readonly ResourceType Leases = new("coordination.k8s.io", "v1", "Lease", "leases", true);
    public static readonly ResourceType Ingresses = new("networking.k8s.io", "v1", "Ingress", "ingresses", true) { ShortNames = ["ing"], Subresources = ["status"], HasGeneration = true };
    public static readonly ResourceType NetworkPolicies = new("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", true) { ShortNames = ["netpol"], HasGeneration = true };
    public static readonly ResourceType PodDisruptionBudgets = new("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", true) { ShortNames = ["pdb"], Subresources = ["status"], HasGeneration = true };
    public static readonly ResourceType Roles = new("rbac.authorization.k8s.io", "v1", "Role", "roles", true);
    public static readonly ResourceType RoleBindings = new("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings", true);
    public static readonly ResourceType ClusterRoles = new("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", false);
    public static readonly ResourceType ClusterRoleBindings = new("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", false);
    public static readonly ResourceType SelfSubjectAccessReviews = new("authorization.k8s.io", "v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews", false) { IsReview = true };
    public static readonly ResourceType SelfSubjectRulesReviews = new("authorization.k8s.io", "v1", "SelfSubjectRulesReview", "selfsubjectrulesreviews", false) { IsReview = true };
    public static readonly ResourceType SubjectAccessReviews = new("authorization.k8s.io", "v1", "SubjectAccessReview", "subjectaccessreviews", false) { IsReview = true };
    public static readonly ResourceType SelfSubjectReviews = new("authentication.k8s.io", "v1", "SelfSubjectReview", "selfsubjectreviews", false) { IsReview = true };

    public static readonly IReadOnlyList<ResourceType> All =
    [
        Namespaces, Nodes, Pods, Services, Secrets, ConfigMaps, Events, ServiceAccounts, ResourceQuotas, Endpoints, PersistentVolumeClaims, LimitRanges,
        Deployments, ReplicaSets, StatefulSets, DaemonSets, Leases, Ingresses, NetworkPolicies, PodDisruptionBudgets,
        Roles, RoleBindings, ClusterRoles, ClusterRoleBindings,
        SelfSubjectAccessReviews, SelfSubjectRulesReviews, SubjectAccessReviews, SelfSubjectReviews,
    ];

    private static readonly Dictionary<(string Group, string Version, string Plural), ResourceType> ByPath =
        All.ToDictionary(type => (type.Group, type.Version, type.Plural));

    public static ResourceType? Find(string group, string version, string plural) => ByPath.GetValueOrDefault((group, version, plural));
}
