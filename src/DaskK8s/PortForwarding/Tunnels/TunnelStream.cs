using DaskK8s.Sockets;

namespace DaskK8s.PortForwarding.Tunnels;

/// <summary>
/// One connection to a port of a pod: a duplex stream whose directions can be closed separately if the transport
/// supports it. Reads return 0 after the pod has closed its side; every other end throws <see cref="PortForwardException"/>.
/// </summary>
internal abstract class TunnelStream : AsyncDuplexStream
{
    /// <summary>Gets the pod at the other end.</summary>
    public abstract PodTarget Target { get; }

    /// <summary>Gets whether <see cref="CompleteWritesAsync"/> reaches the pod.</summary>
    public abstract bool CanHalfClose { get; }

    /// <summary>Gets or sets the callback for a connection that the pod's side refused: the pod may have been deleted.</summary>
    public Action<PodTarget>? Refused { get; set; }

    /// <summary>
    /// Gets or sets whether a waiting read continues on the thread that delivers the data. This saves a thread switch but
    /// blocks the other streams of the transport in the meantime, so it is only for a reader that never blocks.
    /// </summary>
    public virtual bool ContinueInline { get; set; }

    /// <summary>Gets a task that completes when written data can no longer reach the pod.</summary>
    public abstract Task PeerEnded { get; }

    /// <summary>Waits for bytes and lends them without copying; the caller must return all of them with <see cref="Return"/>.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The bytes; empty if the pod has closed its side, in which case there is nothing to return.</returns>
    /// <exception cref="PortForwardException">The pod refused the connection, or the connection to it was lost.</exception>
    public abstract ValueTask<ReadOnlyMemory<byte>> BorrowAsync(CancellationToken cancellationToken = default);

    /// <summary>Returns borrowed bytes.</summary>
    /// <param name="consumed">The number of bytes that were used; the others are lent again.</param>
    public abstract void Return(int consumed);

    /// <summary>Ends writing; reading continues. Does nothing if the transport cannot signal it.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task that completes when the end has been signaled.</returns>
    public abstract ValueTask CompleteWritesAsync(CancellationToken cancellationToken = default);

    /// <summary>Ends both directions immediately without waiting; the pod sees the connection close.</summary>
    public abstract void Abort();
}
