namespace DaskK8s.Waiting;

/// <summary>Returns how many workers the Dask scheduler lists at each IP address.</summary>
/// <param name="cancellationToken">Cancels the call.</param>
/// <returns>The number of workers by the IP address in their Dask address, without brackets for IPv6.</returns>
internal delegate Task<IReadOnlyDictionary<string, int>> ConnectedWorkers(CancellationToken cancellationToken);
