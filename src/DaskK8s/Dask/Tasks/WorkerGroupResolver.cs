namespace DaskK8s.Dask.Tasks;

/// <summary>Tells which workers each worker group has now: their addresses by the group's name.</summary>
/// <param name="cancellationToken">Ends the wait.</param>
/// <returns>The groups, those without workers too.</returns>
internal delegate ValueTask<IReadOnlyDictionary<string, IReadOnlyList<string>>> WorkerGroupResolver(CancellationToken cancellationToken);
