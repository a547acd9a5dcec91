namespace DaskK8s;

/// <summary>An operation that a cluster object cannot do, or data that it could not read, and the reason.</summary>
/// <param name="Feature">What is missing, in plain words.</param>
/// <param name="Reason">Why, and what to do about it.</param>
/// <param name="MissingPermission">The call that was refused, or null if no permission is missing.</param>
public sealed record ClusterLimitation(string Feature, string Reason, KubernetesApiCall? MissingPermission = null)
{
    /// <summary>Returns feature and reason as one line.</summary>
    /// <returns>The line.</returns>
    public override string ToString() => $"{Feature}: {Reason}";
}
