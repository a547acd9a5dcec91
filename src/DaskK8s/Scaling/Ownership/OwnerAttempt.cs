using System.Text.Json.Nodes;

namespace DaskK8s.Scaling.Ownership;

/// <summary>The outcome of an attempt to change the replicas as the owner.</summary>
/// <param name="Accepted">The Deployment that the API server returned, or null if nothing was changed.</param>
/// <param name="Impossible">Why this is not possible, or null if the Deployment has changed and a retry with a new read can succeed.</param>
internal sealed record OwnerAttempt(JsonObject? Accepted, string? Impossible)
{
    /// <summary>Gets the outcome for a Deployment that has changed since it was read.</summary>
    public static OwnerAttempt Changed { get; } = new(null, null);
}
