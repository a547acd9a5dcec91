using System.Buffers;

namespace DaskK8s.PortForwarding.Tunnels;

/// <summary>The limits of a tunnel and its connections.</summary>
internal sealed record TunnelOptions
{
    /// <summary>Gets the default options.</summary>
    public static TunnelOptions Default { get; } = new();

    /// <summary>Gets the transport to use.</summary>
    /// <value>Default: <see cref="PortForwardTransport.Auto"/>.</value>
    public PortForwardTransport Transport { get; init; } = PortForwardTransport.Auto;

    /// <summary>Gets the maximum time that a new connection waits for a ready pod and a session to it.</summary>
    /// <value>Default: 30 seconds.</value>
    public TimeSpan OpenTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets the time limit of one upgrade.</summary>
    /// <value>Default: 10 seconds.</value>
    public TimeSpan UpgradeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets the time that a transport can be silent before it is pinged.</summary>
    /// <value>Default: 10 seconds, which is below the idle limits of common proxies.</value>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets the time limit for the reply before the transport is considered dead.</summary>
    /// <value>Default: 10 seconds.</value>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets how long a connection whose local reader has stopped can block the others of its session before it is reset.
    /// </summary>
    /// <value>Default: 60 seconds. A connection that blocks no other is never reset.</value>
    public TimeSpan StallLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Gets the number of connections per session while more sessions are allowed.</summary>
    /// <value>Default: 4.</value>
    public int ConnectionsPerSession { get; init; } = 4;

    /// <summary>
    /// Gets the maximum number of full sessions of one pod's tunnel, for local connections and for the library's own calls each, before
    /// sessions are shared by more connections.
    /// </summary>
    /// <value>Default: 16.</value>
    public int MaxSessions { get; init; } = 16;

    /// <summary>Gets the delay after which a session is opened in the background for a new forward, if none was needed sooner.</summary>
    /// <value>Default: 1 second.</value>
    public TimeSpan WarmUpDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Gets how long a session without connections is kept; one session is kept longer.</summary>
    /// <value>Default: 1 minute.</value>
    public TimeSpan SessionIdleTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Gets the memory limit of one connection in bytes, both directions together.</summary>
    /// <value>Default: 256 KiB.</value>
    public int ConnectionBufferSize { get; init; } = 256 * 1024;

    /// <summary>Gets the pool from which connections rent their buffers.</summary>
    /// <value>Default: the shared pool of the process.</value>
    public ArrayPool<byte> Buffers { get; init; } = ArrayPool<byte>.Shared;
}
