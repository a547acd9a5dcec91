namespace DaskK8s.Adaptive;

/// <summary>A set of workers that offer the same resources.</summary>
/// <param name="Resources">The resources of each worker.</param>
/// <param name="Threads">The threads of each worker.</param>
/// <param name="Workers">The number of workers.</param>
/// <param name="Bytes">The size of the results that they hold, in bytes. With more than a few hundred workers, the scheduler samples them.</param>
/// <param name="Limit">The sum of their memory limits, in bytes.</param>
internal sealed record WorkerKind(IReadOnlyDictionary<string, double> Resources, int Threads, int Workers, long Bytes, long Limit);
