namespace DaskK8s;

/// <summary>Names the states that Helm gives a revision of a release.</summary>
public enum HelmReleaseStatus
{
    /// <summary>The state is not known (<c>unknown</c>, or a word that Helm 3 and 4 do not have).</summary>
    Unknown,

    /// <summary>The revision is what the cluster holds (<c>deployed</c>).</summary>
    Deployed,

    /// <summary>The release was removed, its history kept (<c>uninstalled</c>).</summary>
    Uninstalled,

    /// <summary>A newer revision took the place of this one (<c>superseded</c>).</summary>
    Superseded,

    /// <summary>The install, upgrade or rollback went wrong (<c>failed</c>).</summary>
    Failed,

    /// <summary>The release is being removed (<c>uninstalling</c>).</summary>
    Uninstalling,

    /// <summary>An install is under way, or its client died (<c>pending-install</c>).</summary>
    PendingInstall,

    /// <summary>An upgrade is under way, or its client died (<c>pending-upgrade</c>).</summary>
    PendingUpgrade,

    /// <summary>A rollback is under way, or its client died (<c>pending-rollback</c>).</summary>
    PendingRollback,
}
