namespace DaskK8s.Waiting;

/// <summary>Asks the Dask scheduler how many workers it lists at each IP address.</summary>
/// <param name="cancellationToken">Ends the call.</param>
/// <returns>The number of workers by the address that their Dask address holds, without brackets for IPv6.</returns>
internal delegate Task<IReadOnlyDictionary<string, int>> ConnectedWorkers(CancellationToken cancellationToken);
