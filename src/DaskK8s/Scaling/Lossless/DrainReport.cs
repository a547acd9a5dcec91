namespace DaskK8s.Scaling.Lossless;

/// <summary>The outcome of a drain.</summary>
/// <param name="Drained">The uids of the pods whose workers no longer hold results or run tasks.</param>
/// <param name="Failed">The uids of the other pods, and the reasons; their workers accept tasks again.</param>
/// <param name="Moved">The number of results that were moved.</param>
internal sealed record DrainReport(IReadOnlyList<string> Drained, IReadOnlyDictionary<string, string> Failed, int Moved);
