namespace DaskK8s;

/// <summary>The states that Helm assigns to a revision of a release.</summary>
public enum HelmReleaseStatus
{
    /// <summary>The state is unknown (<c>unknown</c>, or a state that Helm 3 and 4 do not define).</summary>
    Unknown,

    /// <summary>The revision is deployed in the cluster (<c>deployed</c>).</summary>
    Deployed,

    /// <summary>The release was uninstalled and its history kept (<c>uninstalled</c>).</summary>
    Uninstalled,

    /// <summary>A newer revision replaced this one (<c>superseded</c>).</summary>
    Superseded,

    /// <summary>The install, upgrade or rollback failed (<c>failed</c>).</summary>
    Failed,

    /// <summary>The release is being uninstalled (<c>uninstalling</c>).</summary>
    Uninstalling,

    /// <summary>An install is in progress, or its client died (<c>pending-install</c>).</summary>
    PendingInstall,

    /// <summary>An upgrade is in progress, or its client died (<c>pending-upgrade</c>).</summary>
    PendingUpgrade,

    /// <summary>A rollback is in progress, or its client died (<c>pending-rollback</c>).</summary>
    PendingRollback,
}
