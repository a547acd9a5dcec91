namespace DaskK8s.Dask.Tasks;

/// <summary>A worker group as tasks see it.</summary>
/// <param name="Name">The group's name.</param>
/// <param name="Addresses">The addresses of its workers that are connected.</param>
/// <param name="Offers">The abstract resources that each of its workers offers.</param>
/// <param name="Coming">Whether it has workers on their way: pods without a connected worker, or adaptive scaling that may grow it.</param>
internal sealed record GroupWorkers(
    string Name, IReadOnlyList<string> Addresses, IReadOnlyDictionary<string, double> Offers, bool Coming);
