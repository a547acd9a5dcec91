namespace DaskK8s;

/// <summary>A call of the Kubernetes API, in the terms of a Role.</summary>
/// <param name="Verb">The verb of a Role's rule: get, list, watch, create, update, patch or delete.</param>
/// <param name="Resource">The plural resource, with its subresource if any: <c>pods/portforward</c>.</param>
/// <param name="Group">The API group; empty for the core group.</param>
/// <param name="Namespace">The namespace; empty for a call that spans all of them or for a cluster-wide resource.</param>
/// <param name="Name">The object's name, or null for a call on the whole collection.</param>
public sealed record KubernetesApiCall(string Verb, string Resource, string Group, string Namespace, string? Name = null)
{
    /// <summary>Returns the call as part of a sentence: <c>patch deployments.apps/my-dask-worker in namespace default</c>.</summary>
    /// <returns>The string.</returns>
    public override string ToString()
    {
        string resource = Group.Length == 0 ? Resource : $"{Resource}.{Group}";
        string name = Name is null ? "" : $"/{Name}";
        string where = Namespace.Length == 0 ? "across all namespaces" : $"in namespace {Namespace}";
        return $"{Verb} {resource}{name} {where}";
    }
}
