namespace DaskK8s.Benchmarks.Torture;

/// <summary>How long and how hard the chamber tortures.</summary>
internal sealed record TortureOptions
{
    public TimeSpan Duration { get; init; } = TimeSpan.FromMinutes(10);

    public int Seed { get; init; } = 1;

    /// <summary>Gets how many callers there are.</summary>
    public int Threads { get; init; } = 8;

    /// <summary>Gets whether pods are real Dask processes; without them nothing is asked of a scheduler.</summary>
    public bool DaskProcesses { get; init; } = true;

    /// <summary>Gets how much later than its limit or its token's cancellation a call may end.</summary>
    /// <value>1 second, as the rule says; a machine that does not come to run the process needs more.</value>
    public TimeSpan Allowance { get; init; } = TimeSpan.FromSeconds(1);
}
