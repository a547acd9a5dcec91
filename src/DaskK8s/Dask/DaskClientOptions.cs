using Microsoft.Extensions.Logging;

namespace DaskK8s;

/// <summary>Says how a <see cref="DaskClient"/> talks to its scheduler.</summary>
public sealed record DaskClientOptions
{
    /// <summary>Gets whom to trust, for a <c>tls://</c> address.</summary>
    /// <value>Null by default: the system's authorities, no certificate of our own.</value>
    public DaskTlsOptions? Tls { get; init; }

    /// <summary>Gets the time for a connection to be there, TLS and Dask's handshake included.</summary>
    /// <value>10 seconds.</value>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets the time for the scheduler to answer a call.</summary>
    /// <value>30 seconds.</value>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets how long the scheduler keeps tasks and results while the connection is down, and how long a new one is tried for.</summary>
    /// <value>10 minutes.</value>
    public TimeSpan ReattachWithin { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Gets how long a task that no worker can run is waited for before <see cref="DaskNoWorkerException"/> tells so.</summary>
    /// <value>Zero: at once. Longer where workers are on their way, as after a scaling.</value>
    public TimeSpan NoWorkerTimeout { get; init; } = TimeSpan.Zero;

    /// <summary>Gets where log messages go.</summary>
    /// <value>Null by default: nowhere.</value>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Gets the clock.</summary>
    /// <value>Null by default: the system's.</value>
    public TimeProvider? TimeProvider { get; init; }
}
