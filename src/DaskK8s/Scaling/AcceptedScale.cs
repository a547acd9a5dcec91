using k8s.Models;

namespace DaskK8s.Scaling;

/// <summary>The change that the API server accepted.</summary>
/// <param name="Deployment">The Deployment as it answered.</param>
/// <param name="Before">The replicas before.</param>
/// <param name="IsInOwnersName">Whether the change was made in the name of the manager that owns the field, so that there is nothing to give back.</param>
/// <param name="Reason">Why it was not made in the owner's name, or null where it was, or was not asked to be.</param>
internal sealed record AcceptedScale(V1Deployment Deployment, int Before, bool IsInOwnersName, string? Reason);
