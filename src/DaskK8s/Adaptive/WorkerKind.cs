namespace DaskK8s.Adaptive;

/// <summary>Counts workers that offer the same.</summary>
/// <param name="Resources">The resources of each.</param>
/// <param name="Threads">The threads of each.</param>
/// <param name="Workers">Their number.</param>
/// <param name="Idle">Those without a task.</param>
/// <param name="Processing">Their tasks.</param>
/// <param name="Bytes">The results that they hold, in bytes.</param>
/// <param name="Limit">Their memory limits together, in bytes.</param>
internal sealed record WorkerKind(
    IReadOnlyDictionary<string, double> Resources, int Threads, int Workers, int Idle, int Processing, long Bytes, long Limit);
