namespace DaskK8s;

/// <summary>The difference between a worker group's replicas and those that the next <c>helm upgrade</c> would set.</summary>
public sealed record WorkerGroupDrift
{
    /// <summary>Gets the group's name.</summary>
    public required string WorkerGroup { get; init; }

    /// <summary>Gets the group's current replicas.</summary>
    public required int Live { get; init; }

    /// <summary>Gets the replicas that the next upgrade with the same values would set: those in the release's manifest.</summary>
    public required int Deployed { get; init; }

    /// <summary>Gets the replicas that the release's values declare, or null if they declare none.</summary>
    public int? Declared { get; init; }

    /// <summary>
    /// Gets the managers that own <c>spec.replicas</c>, so that an upgrade by server-side apply (Helm 4) to another number would fail with a
    /// conflict. <c>daskk8s</c> was left by an interrupted client of this library; the next connection or scaling removes it.
    /// Any other manager (<c>kubectl</c>, an autoscaler) has scaled the group.
    /// </summary>
    /// <value>Empty if the upgrade would have no conflict.</value>
    public IReadOnlyList<string> ConflictsWith { get; init; } = [];

    /// <summary>
    /// Gets whether the values declare 0 and the chart deploys more: its template treats the 0 of an additional group as "not
    /// given" and uses the default group's number, so the group comes back with each upgrade.
    /// </summary>
    public bool IsZeroTrap => Declared == 0 && Deployed > 0;

    /// <summary>Gets whether the next upgrade would remove pods.</summary>
    public bool WouldShrink => Deployed < Live;

    /// <summary>Returns the drift as a sentence.</summary>
    /// <returns>The sentence.</returns>
    public override string ToString() => FormattableString.Invariant($"{WorkerGroup} has {Live} replicas, the next helm upgrade sets {Deployed}") + (IsZeroTrap
        ? " although its values declare 0: the chart takes the zero of an additional group for \"not given\". Scale it to 0 after each upgrade, or leave the group out of the values"
        : "") + (ConflictsWith.Count > 0
        ? $"; by server-side apply it fails with a conflict with {string.Join(", ", ConflictsWith)} unless the number is the one that the group has"
        : "") + ".";
}
