namespace DaskK8s.Dask.Tasks;

/// <summary>A worker group as a place to run tasks.</summary>
/// <param name="Name">The group's name.</param>
/// <param name="Addresses">The addresses of its connected workers.</param>
/// <param name="Offers">The abstract resources that each of its workers offers.</param>
/// <param name="Coming">Whether workers are expected: it has pods without a connected worker, or adaptive scaling may grow it.</param>
internal sealed record GroupWorkers(
    string Name, IReadOnlyList<string> Addresses, IReadOnlyDictionary<string, double> Offers, bool Coming);
