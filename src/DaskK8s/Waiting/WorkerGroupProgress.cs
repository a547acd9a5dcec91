namespace DaskK8s;

/// <summary>The progress of a worker group towards the desired replicas of its Deployment.</summary>
public sealed record WorkerGroupProgress
{
    /// <summary>Gets the group's name.</summary>
    public required string Group { get; init; }

    /// <summary>Gets the Deployment's current desired replicas, which another client or an autoscaler can change during the wait.</summary>
    public required int Desired { get; init; }

    /// <summary>Gets the number of existing pods of the group, without ended or terminating ones.</summary>
    public required int Created { get; init; }

    /// <summary>Gets the number of scheduled pods.</summary>
    public required int Scheduled { get; init; }

    /// <summary>Gets the number of ready pods.</summary>
    public required int Ready { get; init; }

    /// <summary>Gets the number of pods whose workers are connected to the Dask scheduler.</summary>
    /// <value>Null if the scheduler cannot be reached or has not answered yet.</value>
    public required int? Connected { get; init; }

    /// <summary>Gets the number of terminating pods of the group.</summary>
    public required int Terminating { get; init; }

    /// <summary>Gets what the group is waiting for, in plain words.</summary>
    /// <value>Null if it is complete.</value>
    public required string? Waiting { get; init; }

    /// <summary>Gets whether the group is in the desired state.</summary>
    public bool IsComplete => Waiting is null;

    /// <summary>Returns the progress as one line: <c>gpu-workers: 1 of 2 connected (2 created, 2 scheduled, 1 ready): …</c>.</summary>
    /// <returns>The line.</returns>
    public override string ToString()
    {
        string going = Terminating == 0 ? "" : FormattableString.Invariant($", {Terminating} terminating");
        string done = Connected is { } connected ? FormattableString.Invariant($"{connected} of {Desired} connected") : FormattableString.Invariant($"{Ready} of {Desired} ready");
        return FormattableString.Invariant($"{Group}: {done} ({Created} created, {Scheduled} scheduled, {Ready} ready{going}){(Waiting is null ? "" : ": " + Waiting)}");
    }
}
