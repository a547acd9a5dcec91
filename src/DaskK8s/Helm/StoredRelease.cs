using DaskK8s.Helm.Records;

namespace DaskK8s.Helm;

/// <summary>The records of a release in Helm's storage.</summary>
/// <param name="Release">The release, or null where there is no record that may be read.</param>
/// <param name="Record">The record of the revision whose objects run, or null likewise.</param>
/// <param name="Refused">The first refusal where there is no record: then nobody knows whether the release exists.</param>
internal sealed record StoredRelease(HelmRelease? Release, ReleaseRecord? Record, KubernetesForbiddenException? Refused)
{
    /// <summary>Gets whether the release was uninstalled and only its history was kept.</summary>
    public bool IsUninstalled { get; init; }
}
