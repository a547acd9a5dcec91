using DaskK8s.Helm.Records;

namespace DaskK8s.Helm;

/// <summary>The records of a release in Helm's storage.</summary>
/// <param name="Release">The release, or null if there is no readable record.</param>
/// <param name="Record">The record of the revision whose objects are in the cluster, or null as well.</param>
/// <param name="Refused">The first access denial if there is no record: the release may or may not exist.</param>
internal sealed record StoredRelease(HelmRelease? Release, ReleaseRecord? Record, KubernetesForbiddenException? Refused)
{
    /// <summary>Gets whether the release was uninstalled and only its history remains.</summary>
    public bool IsUninstalled { get; init; }
}
