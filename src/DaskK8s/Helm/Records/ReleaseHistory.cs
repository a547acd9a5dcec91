namespace DaskK8s.Helm.Records;

/// <summary>The revisions of one release in order, and the ones that are relevant.</summary>
internal sealed class ReleaseHistory
{
    private ReleaseHistory(string releaseName, IReadOnlyList<ReleaseEntry> entries)
    {
        ReleaseName = releaseName;
        Entries = entries;
        Newest = entries[^1];
        Objects = entries.LastOrDefault(entry => entry.Status == HelmReleaseStatus.Deployed) ?? Newest;
    }

    /// <summary>Gets the name of the release.</summary>
    public string ReleaseName { get; }

    /// <summary>Gets every revision that Helm kept, oldest first.</summary>
    public IReadOnlyList<ReleaseEntry> Entries { get; }

    /// <summary>Gets the newest revision, whose state is the release's.</summary>
    public ReleaseEntry Newest { get; }

    /// <summary>Gets the revision whose objects are in the cluster: the newest deployed one, as in Helm's own upgrade.</summary>
    public ReleaseEntry Objects { get; }

    /// <summary>Gets a value indicating whether the release was uninstalled.</summary>
    public bool IsUninstalled => Newest.Status == HelmReleaseStatus.Uninstalled;

    /// <summary>Gets a description of what is unusual about the state; null if the newest revision is deployed.</summary>
    public string? Explanation
    {
        get
        {
            string what = $"Revision {Newest.Revision} of release '{ReleaseName}'";
            string objects = Objects == Newest
                ? "No revision is deployed, so the objects may be incomplete."
                : $"The objects are assumed to be those of revision {Objects.Revision}, the newest deployed one; some may be newer.";
            return Newest.Status switch
            {
                HelmReleaseStatus.Deployed => null,
                HelmReleaseStatus.Uninstalled => $"Release '{ReleaseName}' was uninstalled and only its history was kept. Install it again, or roll it back with 'helm rollback'.",
                HelmReleaseStatus.Uninstalling => $"Release '{ReleaseName}' is being uninstalled: its objects are being deleted. If nothing happens, run 'helm uninstall' again.",
                HelmReleaseStatus.Failed => $"{what} failed. {objects} 'helm history' shows why; the next 'helm upgrade' or 'helm rollback' repairs it.",
                HelmReleaseStatus.PendingInstall or HelmReleaseStatus.PendingUpgrade or HelmReleaseStatus.PendingRollback =>
                    $"{what} is {Newest.Status.ToHelm()}: Helm is working on it now, or was interrupted. {objects} If nothing happens, 'helm rollback' unlocks it.",
                _ => $"{what} is {Newest.Status.ToHelm()}. {objects}",
            };
        }
    }

    /// <summary>Creates the history of one release.</summary>
    /// <param name="entries">The entries, all of one release, in any order.</param>
    /// <returns>The history, or null if there are no entries.</returns>
    public static ReleaseHistory? Of(IEnumerable<ReleaseEntry> entries)
    {
        ReleaseEntry[] ordered = [.. entries.OrderBy(entry => entry.Revision)];
        return ordered.Length == 0 ? null : new ReleaseHistory(ordered[0].ReleaseName, ordered);
    }

    /// <summary>Groups the entries of one namespace by release, ordered by name.</summary>
    /// <param name="entries">The entries of one namespace.</param>
    /// <returns>One history per release.</returns>
    public static IReadOnlyList<ReleaseHistory> Group(IEnumerable<ReleaseEntry> entries) =>
        [.. entries
            .GroupBy(entry => entry.ReleaseName, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => Of(group)!)];
}
