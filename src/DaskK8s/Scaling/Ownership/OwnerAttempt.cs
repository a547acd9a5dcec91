using System.Text.Json.Nodes;

namespace DaskK8s.Scaling.Ownership;

/// <summary>The outcome of a change of the replicas in the owner's name.</summary>
/// <param name="Accepted">The Deployment as the API server answered, or null where nothing was changed.</param>
/// <param name="Impossible">Why it cannot be done this way, or null where the Deployment changed in between and a new read may do.</param>
internal sealed record OwnerAttempt(JsonObject? Accepted, string? Impossible)
{
    /// <summary>Gets the attempt that came too late.</summary>
    public static OwnerAttempt Changed { get; } = new(null, null);
}
