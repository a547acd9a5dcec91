namespace DaskK8s;

/// <summary>The exception that is thrown when <c>helm upgrade</c> cannot change a release, because of a GitOps tool or a missing record.</summary>
public sealed class HelmReleaseManagedException : HelmReleaseException
{
    internal HelmReleaseManagedException(string releaseName, string @namespace, string? managedBy, string obstacle)
        : base($"Release '{releaseName}' in namespace '{@namespace}' is not upgraded by 'helm upgrade': {obstacle}", releaseName, @namespace, null) => ManagedBy = managedBy;

    /// <summary>Gets what manages the release, as in <see cref="HelmRelease.ManagedBy"/>.</summary>
    public string? ManagedBy { get; }
}
