using DaskK8s.PortForwarding.Tunnels;

namespace DaskK8s.PortForwarding;

/// <summary>The counters of one listener.</summary>
internal sealed class TunnelCounters
{
    private long _sent;
    private long _received;
    private long _opened;
    private long _failed;
    private int _open;

    /// <summary>Gets the number of bytes sent to the pod.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Gets the number of bytes received from the pod.</summary>
    public long Received => Interlocked.Read(ref _received);

    /// <summary>Gets the number of accepted connections.</summary>
    public long Opened => Interlocked.Read(ref _opened);

    /// <summary>Gets the number of connections that were closed because the pod could not be reached, refused them or was lost.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Gets the number of open connections.</summary>
    public int Open => Volatile.Read(ref _open);

    public void AddSent(int bytes)
    {
        Interlocked.Add(ref _sent, bytes);
        ForwardingTelemetry.Bytes.Add(bytes, ForwardingTelemetry.Sent);
    }

    public void AddReceived(int bytes)
    {
        Interlocked.Add(ref _received, bytes);
        ForwardingTelemetry.Bytes.Add(bytes, ForwardingTelemetry.Received);
    }

    public void AddFailed()
    {
        Interlocked.Increment(ref _failed);
        ForwardingTelemetry.Failed.Add(1);
    }

    public void Begin()
    {
        Interlocked.Increment(ref _opened);
        Interlocked.Increment(ref _open);
        ForwardingTelemetry.Open.Add(1);
    }

    public void End()
    {
        Interlocked.Decrement(ref _open);
        ForwardingTelemetry.Open.Add(-1);
    }
}
