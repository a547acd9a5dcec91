namespace DaskK8s;

/// <summary>The outcome of a scaling.</summary>
public sealed record ScaleResult
{
    /// <summary>Gets the group's name.</summary>
    public required string WorkerGroup { get; init; }

    /// <summary>Gets the replicas that were asked for.</summary>
    public int Requested { get; init; }

    /// <summary>Gets the replicas that the Deployment asked for before.</summary>
    public required int Before { get; init; }

    /// <summary>Gets the replicas that it asks for now: more than <see cref="Requested"/> where workers could not be retired.</summary>
    public required int After { get; init; }

    /// <summary>Gets the workers that were drained and whose pods left.</summary>
    /// <value>Empty when the group grew, or shrank with <see cref="ScaleDown.Immediate"/>.</value>
    public IReadOnlyList<RetiredWorker> Retired { get; init; } = [];

    /// <summary>Gets the results that were moved to other workers, since only the leaving ones held them.</summary>
    public int KeysMoved { get; init; }

    /// <summary>Gets what was to leave and stayed, and why.</summary>
    public IReadOnlyList<NotRetiredWorker> NotRetired { get; init; } = [];

    /// <summary>Gets who owns the field that was changed.</summary>
    public FieldOwnership Ownership { get; init; }

    /// <summary>Gets why the change was not made in the name of the field's owner.</summary>
    /// <value>Null where it was, where nothing was changed, or where <see cref="ScaleOptions.GiveBackField"/> is off.</value>
    public string? OwnershipReason { get; init; }

    /// <summary>Gets the time from the call until the API server had accepted the number.</summary>
    public TimeSpan AcceptedAfter { get; init; }

    /// <summary>Gets whether the group's pods are as many as asked for, where <see cref="ScaleOptions.WaitForCompletion"/> asked to wait.</summary>
    /// <value>False where it was not waited for.</value>
    public bool IsComplete { get; init; }
}
