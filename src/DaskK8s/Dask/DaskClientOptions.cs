using System.Text.Json;

using Microsoft.Extensions.Logging;

namespace DaskK8s;

/// <summary>The options of a <see cref="DaskClient"/>.</summary>
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

    /// <summary>Gets whether work that is lost with its scheduler is submitted again, in order of dependency, when a new scheduler is there.</summary>
    /// <value>
    /// False by default: such work ends in <see cref="DaskTaskLostException"/>. Set it where a task that runs twice does no harm; <see cref="TaskOptions.ResubmitLostWork"/> says it
    /// for one task. A result that was fetched is computed again only where another task needs it.
    /// </value>
    public bool ResubmitLostWork { get; init; }

    /// <summary>Gets how often a task is submitted at most, the first time included, where <see cref="ResubmitLostWork"/> holds.</summary>
    /// <value>5.</value>
    public int MaxAttempts { get; init; } = 5;

    /// <summary>Gets the most bytes that are kept to submit tasks again: their arguments, their sources, and about 400 bytes for each task.</summary>
    /// <value>256 MiB. A task is kept until its future is disposed and no other needs it; those whose results were fetched make room first. Tasks past it stay lost, and say so.</value>
    public long MaxResubmitBytes { get; init; } = 256L << 20;

    /// <summary>Gets how long a task that no worker can run is waited for before <see cref="DaskNoWorkerException"/> tells so.</summary>
    /// <value>
    /// Null by default. A hopeless task is then told at once, and a task whose workers are on their way is waited for, for up to 5 minutes: in a
    /// client of a <see cref="HelmCluster"/>, workers are on their way where a group that offers what the task needs asks for more pods than have
    /// connected workers, or where adaptive scaling of that cluster object may grow it. A client connected by an address knows of none.
    /// Work that survives its scheduler (<see cref="ResubmitLostWork"/>) is waited for as well: its workers come back.
    /// A time that is set holds in every case; zero tells at once. It counts from the moment that a task gets stuck, each time it does.
    /// </value>
    public TimeSpan? NoWorkerTimeout { get; init; }

    /// <summary>Gets how records and other .NET types become JSON types for Python, and how results become .NET types.</summary>
    /// <value>
    /// Null by default: property names as they are, read without regard to case, fields included. What is set is copied: naming policies, converters and
    /// source-generated <see cref="JsonSerializerOptions.TypeInfoResolver"/> count; floats, bytes and decimals that JSON lacks travel as they are all the same.
    /// </value>
    public JsonSerializerOptions? SerializerOptions { get; init; }

    /// <summary>Gets the forms of arguments and results that JSON has no types for; the first one that takes a type counts.</summary>
    /// <value>Empty by default. <c>DaskK8s.Arrow</c> has a form for tables.</value>
    public IReadOnlyList<DaskFormat> Formats { get; init; } = [];

    /// <summary>Gets where log messages go.</summary>
    /// <value>Null by default: nowhere.</value>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Gets the clock.</summary>
    /// <value>Null by default: the system's.</value>
    public TimeProvider? TimeProvider { get; init; }

    /// <summary>Checks what cannot be meant.</summary>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxAttempts, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxResubmitBytes);
    }
}
