namespace DaskK8s.Forwarding;

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

    /// <summary>Gets how many bytes one connection may hold in memory in all, both directions together.</summary>
    /// <value>Default: 256 KiB.</value>
    public int ConnectionBufferSize { get; init; } = 256 * 1024;
}
