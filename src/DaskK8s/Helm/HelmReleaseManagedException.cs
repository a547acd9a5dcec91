namespace DaskK8s;

/// <summary>Says that a release is not changed by <c>helm upgrade</c>: a GitOps tool manages it, or Helm has no record of it.</summary>
public sealed class HelmReleaseManagedException : HelmReleaseException
{
    internal HelmReleaseManagedException(string releaseName, string @namespace, string? managedBy, string obstacle)
        : base($"Release '{releaseName}' in namespace '{@namespace}' is not upgraded by 'helm upgrade': {obstacle}", releaseName, @namespace, null) => ManagedBy = managedBy;

    /// <summary>Gets what manages the release, as <see cref="HelmRelease.ManagedBy"/> has it.</summary>
    public string? ManagedBy { get; }
}
