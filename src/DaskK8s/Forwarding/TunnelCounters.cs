namespace DaskK8s.Forwarding;

/// <summary>Counts what passed through one listener.</summary>
internal sealed class TunnelCounters
{
    private long sent;
    private long received;
    private long opened;
    private long failed;
    private int open;

    /// <summary>Gets the bytes that went to the pod.</summary>
    public long Sent => Interlocked.Read(ref sent);

    /// <summary>Gets the bytes that came from the pod.</summary>
    public long Received => Interlocked.Read(ref received);

    /// <summary>Gets the connections that were accepted.</summary>
    public long Opened => Interlocked.Read(ref opened);

    /// <summary>Gets the connections that were closed because the pod was not reached, refused or was lost.</summary>
    public long Failed => Interlocked.Read(ref failed);

    /// <summary>Gets the connections that are open now.</summary>
    public int Open => Volatile.Read(ref open);

    public void AddSent(int bytes) => Interlocked.Add(ref sent, bytes);

    public void AddReceived(int bytes) => Interlocked.Add(ref received, bytes);

    public void AddFailed() => Interlocked.Increment(ref failed);

    public void Begin()
    {
        Interlocked.Increment(ref opened);
        Interlocked.Increment(ref open);
    }

    public void End() => Interlocked.Decrement(ref open);
}
