namespace DaskK8s;

/// <summary>Tells how far a worker group is on its way to what its Deployment asks for.</summary>
public sealed record WorkerGroupProgress
{
    /// <summary>Gets the group's name.</summary>
    public required string Group { get; init; }

    /// <summary>Gets how many pods the Deployment asks for now; another client or an autoscaler may change it meanwhile.</summary>
    public required int Desired { get; init; }

    /// <summary>Gets how many of the group's pods there are, without those that have ended or are to go.</summary>
    public required int Created { get; init; }

    /// <summary>Gets how many of them have a node.</summary>
    public required int Scheduled { get; init; }

    /// <summary>Gets how many of them are ready.</summary>
    public required int Ready { get; init; }

    /// <summary>Gets how many of them the Dask scheduler knows the workers of.</summary>
    /// <value>Null where the scheduler cannot be asked or has not been yet.</value>
    public required int? Connected { get; init; }

    /// <summary>Gets how many of the group's pods are to go and are still there.</summary>
    public required int Terminating { get; init; }

    /// <summary>Gets what the group waits for, in plain words.</summary>
    /// <value>Null when it waits for nothing.</value>
    public required string? Waiting { get; init; }

    /// <summary>Gets whether the group is as it was asked for.</summary>
    public bool IsComplete => Waiting is null;

    /// <summary>Returns the progress in a line: <c>gpu-workers: 1 of 2 connected (2 created, 2 scheduled, 1 ready): …</c>.</summary>
    /// <returns>The line.</returns>
    public override string ToString()
    {
        string going = Terminating == 0 ? "" : FormattableString.Invariant($", {Terminating} terminating");
        string done = Connected is { } connected ? FormattableString.Invariant($"{connected} of {Desired} connected") : FormattableString.Invariant($"{Ready} of {Desired} ready");
        return FormattableString.Invariant($"{Group}: {done} ({Created} created, {Scheduled} scheduled, {Ready} ready{going}){(Waiting is null ? "" : ": " + Waiting)}");
    }
}
