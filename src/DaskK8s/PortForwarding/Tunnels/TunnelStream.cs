using DaskK8s.Sockets;

namespace DaskK8s.PortForwarding.Tunnels;

/// <summary>
/// One connection to a port of a pod: a duplex stream whose directions can be closed one by one where the transport can
/// say so. Reads return 0 when the pod has closed its side; every other end throws <see cref="PortForwardException"/>.
/// </summary>
internal abstract class TunnelStream : AsyncDuplexStream
{
    /// <summary>Gets the pod at the other end.</summary>
    public abstract PodTarget Target { get; }

    /// <summary>Gets whether <see cref="CompleteWritesAsync"/> reaches the pod.</summary>
    public abstract bool CanHalfClose { get; }

    /// <summary>Gets or sets who is told when the pod's side refused the connection: the pod may be gone.</summary>
    public Action<PodTarget>? Refused { get; set; }

    /// <summary>
    /// Gets or sets whether a waiting read continues on the thread that brings the data, which spares a change of threads but
    /// lets no other stream of the transport go on meanwhile: only for a reader that never blocks.
    /// </summary>
    public virtual bool ContinueInline { get; set; }

    /// <summary>Gets a task that ends when nothing that is written can reach the pod any more.</summary>
    public abstract Task PeerEnded { get; }

    /// <summary>Waits for bytes and lends them where they lie; every loan is given back with <see cref="Return"/>.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The bytes; none when the pod has closed its side, and then nothing is to be given back.</returns>
    /// <exception cref="PortForwardException">The pod refused the connection, or the way to it was lost.</exception>
    public abstract ValueTask<ReadOnlyMemory<byte>> BorrowAsync(CancellationToken cancellationToken = default);

    /// <summary>Returns lent bytes back.</summary>
    /// <param name="consumed">How many of them were used; the others come again.</param>
    public abstract void Return(int consumed);

    /// <summary>Ends writing; reading continues. Does nothing if the transport cannot signal it.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A task that ends when it was said.</returns>
    public abstract ValueTask CompleteWritesAsync(CancellationToken cancellationToken = default);

    /// <summary>Ends both directions at once without waiting; the pod sees its connection go.</summary>
    public abstract void Abort();
}
