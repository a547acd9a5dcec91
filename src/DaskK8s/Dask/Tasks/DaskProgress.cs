namespace DaskK8s;

/// <summary>The progress of a set of tasks.</summary>
/// <param name="Total">The number of tasks in the set.</param>
/// <param name="Finished">The number of tasks with a result.</param>
/// <param name="Failed">The number of tasks that ended without a result: failed, cancelled or lost.</param>
public readonly record struct DaskProgress(int Total, int Finished, int Failed)
{
    /// <summary>Gets the number of tasks that are waiting or running.</summary>
    public int Pending => Total - Finished - Failed;
}
