using k8s;
using k8s.Models;

namespace DaskK8s.Kubernetes;

/// <summary>Determines whether a parsed response is of the requested kind: other valid JSON would later lead to wrong numbers.</summary>
internal static class KubeAnswers
{
    /// <summary>Determines whether a response is usable; an empty list that was written as null (as seen on 1.20) becomes an empty list.</summary>
    /// <param name="answer">The response, of any type.</param>
    /// <returns>False for null, for an object of another kind, and for objects without a name.</returns>
    public static bool IsUsable(object? answer) => answer switch
    {
        null => false,
        V1PodList list => IsList(list, list.Items ??= []),
        V1DeploymentList list => IsList(list, list.Items ??= []),
        V1ReplicaSetList list => IsList(list, list.Items ??= []),
        V1ServiceList list => IsList(list, list.Items ??= []),
        V1SecretList list => IsList(list, list.Items ??= []),
        V1ConfigMapList list => IsList(list, list.Items ??= []),
        V1NamespaceList list => IsList(list, list.Items ??= []),
        V1NodeList list => IsList(list, list.Items ??= []),
        V1IngressList list => IsList(list, list.Items ??= []),
        Corev1EventList list => IsKind(list) && (list.Items ??= []).All(static e => e is not null),
        IKubernetesObject<V1ObjectMeta> one => IsObject(one),
        IKubernetesObject any => IsKind(any),
        _ => true,
    };

    /// <summary>Determines whether an object is usable: it has a displayable name and the fields that its kind always has.</summary>
    /// <param name="item">The object.</param>
    /// <returns>True if it is usable.</returns>
    public static bool IsObject(IKubernetesObject<V1ObjectMeta>? item) => item is not null && IsKind(item) && item switch
    {
        // Questions that the API server answers, but does not store, have no name.
        V1SelfSubjectAccessReview => true,
        V1Service { Spec: null } or V1Deployment { Spec: null } or V1ReplicaSet { Spec: null } => false,
        _ => item.Metadata is { Name: { Length: > 0 } name } && !name.Any(char.IsControl) && Complete(item),
    };

    /// <summary>Fills in what a server always sends and the rest of the library relies on.</summary>
    private static bool Complete(IKubernetesObject item)
    {
        if (item is V1Pod pod)
        {
            pod.Spec ??= new V1PodSpec();
            pod.Spec.Containers ??= [];
        }
        else if (item is V1Deployment deployment)
        {
            deployment.Spec.Selector ??= new V1LabelSelector();
            deployment.Spec.Template ??= new V1PodTemplateSpec();
        }

        return true;
    }

    private static bool IsList<T>(IKubernetesObject list, IList<T> items)
        where T : IKubernetesObject<V1ObjectMeta> => IsKind(list) && items.All(static i => IsObject(i));

    /// <summary>Objects in lists do not state their kind; if they do, it must match their type.</summary>
    private static bool IsKind(IKubernetesObject item) =>
        string.IsNullOrEmpty(item.Kind)
        || item.GetType().GetCustomAttributes(typeof(KubernetesEntityAttribute), inherit: false) is not [KubernetesEntityAttribute entity]
        || item.Kind == entity.Kind
        || item.Kind == entity.Kind + "List";
}
