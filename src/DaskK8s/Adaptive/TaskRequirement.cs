namespace DaskK8s.Adaptive;

/// <summary>A set of tasks with the same requirements.</summary>
/// <param name="Resources">The resources that each task needs; empty for plain tasks.</param>
/// <param name="IsBound">Whether they may only run on workers named by address, which scaling cannot add.</param>
/// <param name="Waiting">The number of tasks that wait for a worker.</param>
/// <param name="Processing">The number of tasks that are assigned to a worker.</param>
/// <param name="Seconds">The expected total duration of all of them, in seconds.</param>
internal sealed record TaskRequirement(
    IReadOnlyDictionary<string, double> Resources, bool IsBound, int Waiting, int Processing, double Seconds)
{
    public int Tasks => Waiting + Processing;
}
