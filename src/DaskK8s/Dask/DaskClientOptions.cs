using System.Text.Json;

using Microsoft.Extensions.Logging;

namespace DaskK8s;

/// <summary>The options of a <see cref="DaskClient"/>.</summary>
public sealed record DaskClientOptions
{
    /// <summary>Gets the certificates for a <c>tls://</c> address.</summary>
    /// <value>Null by default: the system's authorities are trusted, and no client certificate is sent.</value>
    public DaskTlsOptions? Tls { get; init; }

    /// <summary>Gets the time limit for connecting, including TLS and Dask's handshake.</summary>
    /// <value>10 seconds.</value>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets the time limit for the scheduler to answer a call.</summary>
    /// <value>30 seconds.</value>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets how long the scheduler keeps tasks and results without a connection, and how long the client tries to reconnect.</summary>
    /// <value>10 minutes.</value>
    public TimeSpan ReattachWithin { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Gets whether work that is lost with its scheduler is resubmitted, in dependency order, when a new scheduler is available.</summary>
    /// <value>
    /// False by default: such work ends with <see cref="DaskTaskLostException"/>. Set it if tasks can safely run twice; <see cref="TaskOptions.ResubmitLostWork"/> sets it
    /// for one task. A fetched result is recomputed only if another task needs it.
    /// </value>
    public bool ResubmitLostWork { get; init; }

    /// <summary>Gets the maximum number of submissions of a task, including the first, if <see cref="ResubmitLostWork"/> is set.</summary>
    /// <value>5.</value>
    public int MaxAttempts { get; init; } = 5;

    /// <summary>Gets the maximum number of bytes kept to resubmit tasks: their arguments, their sources, and about 400 bytes per task.</summary>
    /// <value>256 MiB. A task is kept while it has a future or another task needs it; tasks with fetched results are dropped first. Tasks beyond the limit are lost; their error says so.</value>
    public long MaxResubmitBytes { get; init; } = 256L << 20;

    /// <summary>Gets how long to wait for a task that no worker can run before <see cref="DaskNoWorkerException"/> is thrown.</summary>
    /// <value>
    /// Null by default: the exception is thrown at once if no suitable worker is expected, and after 5 minutes if one is. In a
    /// client of a <see cref="HelmCluster"/>, workers are expected if a group that offers the required resources has more desired replicas than
    /// connected workers, or if adaptive scaling of that cluster object may grow it. A client that is connected by address expects none.
    /// The workers of resubmitted work (<see cref="ResubmitLostWork"/>) are also expected, because they reconnect.
    /// A value that is set applies in every case; zero throws at once. The time starts each time that a task becomes stuck.
    /// </value>
    public TimeSpan? NoWorkerTimeout { get; init; }

    /// <summary>Gets the options for converting records and other .NET types to JSON types for Python, and results to .NET types.</summary>
    /// <value>
    /// Null by default: property names are unchanged, read case-insensitively, and fields are included. Options are copied: naming policies, converters and
    /// a source-generated <see cref="JsonSerializerOptions.TypeInfoResolver"/> apply. Floats, bytes and decimals that JSON lacks keep their values.
    /// </value>
    public JsonSerializerOptions? SerializerOptions { get; init; }

    /// <summary>Gets the formats of arguments and results that JSON has no types for; the first format that supports a type is used.</summary>
    /// <value>Empty by default. <c>DaskK8s.Arrow</c> has a format for tables.</value>
    public IReadOnlyList<DaskFormat> Formats { get; init; } = [];

    /// <summary>Gets the logger factory.</summary>
    /// <value>Null by default: nothing is logged.</value>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Gets the clock.</summary>
    /// <value>Null by default: the system clock.</value>
    public TimeProvider? TimeProvider { get; init; }

    /// <summary>Validates the options.</summary>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxAttempts, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxResubmitBytes);
    }
}
