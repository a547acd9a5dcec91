namespace DaskK8s.Dask.Protocol;

/// <summary>Returns a connected duplex stream to the scheduler's port: over a tunnel, or over TCP.</summary>
/// <param name="cancellationToken">Ends the attempt.</param>
/// <returns>The stream; who asked disposes it.</returns>
internal delegate ValueTask<Stream> SchedulerDialer(CancellationToken cancellationToken);
