namespace DaskK8s.Benchmarks.Torture;

/// <summary>What the chamber counted; all but the first figures must be 0.</summary>
internal sealed record TortureReport
{
    public int Seed { get; init; }

    public double Seconds { get; init; }

    public long Calls { get; init; }

    /// <summary>Gets how many calls succeeded: a chamber in which all fail shows nothing.</summary>
    public long Succeeded { get; init; }

    public int Crashed { get; init; }

    public long Undocumented { get; init; }

    public long Late { get; init; }

    public long Hung { get; init; }

    public int LeakedThreads { get; init; }

    public int LeakedFds { get; init; }

    public int LeakedTasks { get; init; }

    public long WrongResults { get; init; }

    /// <summary>Gets the first words of what went wrong, each kind once.</summary>
    public IReadOnlyList<string> Findings { get; init; } = [];

    /// <summary>Gets how the calls ended, by operation and outcome.</summary>
    public IReadOnlyDictionary<string, long> Outcomes { get; init; } = new Dictionary<string, long>();

    public bool IsClean => Crashed + Undocumented + Late + Hung + LeakedThreads + LeakedFds + LeakedTasks + WrongResults == 0;
}
