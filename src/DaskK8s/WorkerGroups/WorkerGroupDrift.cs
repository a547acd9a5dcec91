namespace DaskK8s;

/// <summary>A difference between a worker group's replicas and those that the next <c>helm upgrade</c> would set.</summary>
public sealed record WorkerGroupDrift
{
    /// <summary>Gets the group's name.</summary>
    public required string WorkerGroup { get; init; }

    /// <summary>Gets the replicas that the group has now.</summary>
    public required int Live { get; init; }

    /// <summary>Gets the replicas that the next upgrade with the same values would set: those in the release's manifest.</summary>
    public required int Deployed { get; init; }

    /// <summary>Gets the replicas that the release's values declare, or null where they declare none.</summary>
    public int? Declared { get; init; }

    /// <summary>
    /// Gets the managers that own <c>spec.replicas</c> so that an upgrade by server-side apply (Helm 4) to another number would fail with a
    /// conflict: <c>daskk8s</c> is what a client of this library left that did not finish, and the next connection or scaling gives it back;
    /// another one (<c>kubectl</c>, an autoscaler) has scaled the group beside it.
    /// </summary>
    /// <value>Empty where nothing is in the upgrade's way.</value>
    public IReadOnlyList<string> ConflictsWith { get; init; } = [];

    /// <summary>
    /// Gets whether the values declare 0 and the chart deploys more: its template takes a zero of an additional group for "not
    /// given" and puts the default group's number there, so the group comes back with each upgrade.
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
