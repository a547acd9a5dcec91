namespace DaskK8s;

/// <summary>Counts how far a set of tasks has come.</summary>
/// <param name="Total">All tasks of the set.</param>
/// <param name="Finished">Those with a result.</param>
/// <param name="Failed">Those without one that will not get one: failed, cancelled or lost.</param>
public readonly record struct DaskProgress(int Total, int Finished, int Failed)
{
    /// <summary>Gets the number of tasks that still wait or run.</summary>
    public int Pending => Total - Finished - Failed;
}
