namespace DaskK8s.Scaling.Lossless;

/// <summary>Tells how a drain ended.</summary>
/// <param name="Drained">The uids of the pods whose workers hold and run nothing any more.</param>
/// <param name="Failed">The uids of the others, and why; their workers work again.</param>
/// <param name="Moved">How many results were moved.</param>
internal sealed record DrainReport(IReadOnlyList<string> Drained, IReadOnlyDictionary<string, string> Failed, int Moved);
