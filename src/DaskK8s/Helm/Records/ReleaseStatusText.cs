namespace DaskK8s.Helm.Records;

/// <summary>Converts between Helm's names for a revision's state and the enumeration.</summary>
internal static class ReleaseStatusText
{
    public static HelmReleaseStatus Parse(string? text) => text switch
    {
        "deployed" => HelmReleaseStatus.Deployed,
        "uninstalled" => HelmReleaseStatus.Uninstalled,
        "superseded" => HelmReleaseStatus.Superseded,
        "failed" => HelmReleaseStatus.Failed,
        "uninstalling" => HelmReleaseStatus.Uninstalling,
        "pending-install" => HelmReleaseStatus.PendingInstall,
        "pending-upgrade" => HelmReleaseStatus.PendingUpgrade,
        "pending-rollback" => HelmReleaseStatus.PendingRollback,
        _ => HelmReleaseStatus.Unknown,
    };

    public static string ToHelm(this HelmReleaseStatus status) => status switch
    {
        HelmReleaseStatus.PendingInstall => "pending-install",
        HelmReleaseStatus.PendingUpgrade => "pending-upgrade",
        HelmReleaseStatus.PendingRollback => "pending-rollback",
        _ => status.ToString().ToLowerInvariant(),
    };
}
