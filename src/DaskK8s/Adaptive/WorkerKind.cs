namespace DaskK8s.Adaptive;

/// <summary>Counts workers that offer the same.</summary>
/// <param name="Resources">The resources of each.</param>
/// <param name="Threads">The threads of each.</param>
/// <param name="Workers">Their number.</param>
/// <param name="Bytes">The results that they hold, in bytes. Of more than some hundred workers the scheduler looks at a part each time.</param>
/// <param name="Limit">Their memory limits together, in bytes.</param>
internal sealed record WorkerKind(IReadOnlyDictionary<string, double> Resources, int Threads, int Workers, long Bytes, long Limit);
