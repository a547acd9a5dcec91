namespace DaskK8s;

/// <summary>The outcome of a scaling.</summary>
public sealed record ScaleResult
{
    /// <summary>Gets the group's name.</summary>
    public required string WorkerGroup { get; init; }

    /// <summary>Gets the requested replicas.</summary>
    public int Requested { get; init; }

    /// <summary>Gets the previous desired replicas of the Deployment.</summary>
    public required int Before { get; init; }

    /// <summary>Gets the new desired replicas: more than <see cref="Requested"/> if workers could not be retired.</summary>
    public required int After { get; init; }

    /// <summary>Gets the workers that were drained and whose pods left.</summary>
    /// <value>Empty if the group grew, or shrank with <see cref="ScaleDown.Immediate"/>.</value>
    public IReadOnlyList<RetiredWorker> Retired { get; init; } = [];

    /// <summary>Gets the number of results that were moved to other workers because only leaving ones held them.</summary>
    public int KeysMoved { get; init; }

    /// <summary>Gets the pods that should have left but stayed, and why.</summary>
    public IReadOnlyList<NotRetiredWorker> NotRetired { get; init; } = [];

    /// <summary>Gets the ownership of the changed field.</summary>
    public FieldOwnership Ownership { get; init; }

    /// <summary>Gets why the change was not made as the field's owner.</summary>
    /// <value>Null if it was, if nothing was changed, or if <see cref="ScaleOptions.GiveBackField"/> is false.</value>
    public string? OwnershipReason { get; init; }

    /// <summary>Gets the time from the call until the API server accepted the change.</summary>
    public TimeSpan AcceptedAfter { get; init; }

    /// <summary>Gets whether the group has the desired number of pods, if <see cref="ScaleOptions.WaitForCompletion"/> is set.</summary>
    /// <value>False if the call did not wait.</value>
    public bool IsComplete { get; init; }
}
