namespace DaskK8s.Benchmarks.Torture;

/// <summary>The mistake of a user's callback.</summary>
internal sealed class TortureMistakeException() : Exception("a callback's mistake");
