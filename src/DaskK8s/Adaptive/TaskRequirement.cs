namespace DaskK8s.Adaptive;

/// <summary>Counts tasks that require the same.</summary>
/// <param name="Resources">The resources that each needs; empty for plain tasks.</param>
/// <param name="IsBound">Whether they may run on workers named by address only, which no scaling brings.</param>
/// <param name="Waiting">Those that wait for a worker.</param>
/// <param name="Processing">Those that a worker has.</param>
/// <param name="Seconds">The time that all of them are expected to take.</param>
internal sealed record TaskRequirement(
    IReadOnlyDictionary<string, double> Resources, bool IsBound, int Waiting, int Processing, double Seconds)
{
    public int Tasks => Waiting + Processing;
}
