namespace DaskK8s.Dask.Tasks;

/// <summary>Returns the current workers of each worker group.</summary>
/// <param name="fresh">Whether to read the groups themselves again: the resources that they offer, and expected workers.</param>
/// <param name="cancellationToken">Cancels the wait.</param>
/// <returns>The groups, including those without workers.</returns>
internal delegate ValueTask<IReadOnlyList<GroupWorkers>> WorkerGroupResolver(bool fresh, CancellationToken cancellationToken);
