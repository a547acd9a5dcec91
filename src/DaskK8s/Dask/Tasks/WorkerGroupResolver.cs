namespace DaskK8s.Dask.Tasks;

/// <summary>Tells which workers each worker group has now.</summary>
/// <param name="fresh">Whether the groups themselves are read anew: what they offer, and what is on its way.</param>
/// <param name="cancellationToken">Ends the wait.</param>
/// <returns>The groups, those without workers too.</returns>
internal delegate ValueTask<IReadOnlyList<GroupWorkers>> WorkerGroupResolver(bool fresh, CancellationToken cancellationToken);
