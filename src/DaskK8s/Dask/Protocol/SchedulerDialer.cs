namespace DaskK8s.Dask.Protocol;

/// <summary>Opens a duplex stream to the scheduler's port, over a tunnel or over TCP.</summary>
/// <param name="cancellationToken">Cancels the attempt.</param>
/// <returns>The stream; the caller disposes it.</returns>
internal delegate ValueTask<Stream> SchedulerDialer(CancellationToken cancellationToken);
