using k8s.Models;

namespace DaskK8s.Scaling;

/// <summary>A change of the replicas that the API server accepted.</summary>
/// <param name="Deployment">The Deployment that the API server returned.</param>
/// <param name="Before">The previous desired replicas.</param>
/// <param name="IsInOwnersName">Whether the change was made as the manager that owns the field, so that there is no ownership to give up.</param>
/// <param name="Reason">Why it was not made as the owner, or null if it was or if this was not requested.</param>
internal sealed record AcceptedScale(V1Deployment Deployment, int Before, bool IsInOwnersName, string? Reason);
