using System.Buffers;

namespace DaskK8s.PortForwarding.Tunnels;

/// <summary>Holds the limits of a tunnel and of the connections that run through it.</summary>
internal sealed record TunnelOptions
{
    /// <summary>Gets the options with every default.</summary>
    public static TunnelOptions Default { get; } = new();

    /// <summary>Gets the transport to use.</summary>
    /// <value>Default: <see cref="PortForwardTransport.Auto"/>.</value>
    public PortForwardTransport Transport { get; init; } = PortForwardTransport.Auto;

    /// <summary>Gets how long a new connection waits for a ready pod and a way to it.</summary>
    /// <value>Default: 30 seconds.</value>
    public TimeSpan OpenTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets how long one upgrade may take.</summary>
    /// <value>Default: 10 seconds.</value>
    public TimeSpan UpgradeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets how long a transport may be silent before it is asked for a sign of life.</summary>
    /// <value>Default: 10 seconds, below the idle limits of usual proxies.</value>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets how long the sign of life may take before the transport counts as dead.</summary>
    /// <value>Default: 10 seconds.</value>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets how long a connection whose local reader has stopped may hold up the others of its session before it is reset.
    /// </summary>
    /// <value>Default: 60 seconds. A connection that holds up nobody is never reset.</value>
    public TimeSpan StallLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Gets how many connections share a session while more sessions are allowed.</summary>
    /// <value>Default: 4.</value>
    public int ConnectionsPerSession { get; init; } = 4;

    /// <summary>
    /// Gets how many full sessions one pod's tunnel may have for local connections, and as many for the library's own calls, before
    /// sessions are shared by more connections.
    /// </summary>
    /// <value>Default: 16.</value>
    public int MaxSessions { get; init; } = 16;

    /// <summary>Gets how long after a forward was opened a session is made for it in the background, if none was needed sooner.</summary>
    /// <value>Default: 1 second.</value>
    public TimeSpan WarmUpDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Gets how long a session without connections is kept, one excepted.</summary>
    /// <value>Default: 1 minute.</value>
    public TimeSpan SessionIdleTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Gets how many bytes one connection may hold in memory in all, both directions together.</summary>
    /// <value>Default: 256 KiB.</value>
    public int ConnectionBufferSize { get; init; } = 256 * 1024;

    /// <summary>Gets where connections borrow their memory.</summary>
    /// <value>Default: the pool that the process shares.</value>
    public ArrayPool<byte> Buffers { get; init; } = ArrayPool<byte>.Shared;
}
