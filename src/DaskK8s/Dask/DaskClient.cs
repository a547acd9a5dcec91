using System.Text.Json;

using DaskK8s.Common;
using DaskK8s.Dask.Protocol;
using DaskK8s.Dask.Rpc;
using DaskK8s.Dask.Tasks;

using Microsoft.Extensions.Logging;

namespace DaskK8s;

/// <summary>A client that runs work on a Dask cluster.</summary>
/// <remarks>
/// <para>The client needs no Python: functions are given by name or as source, and arguments and results are JSON types.</para>
/// <para>
/// Submitted work lives on the scheduler: the client reconnects when a connection breaks, and reads the state of its
/// work again. Disposing the client releases all its work.
/// </para>
/// <para>Anyone who can reach a scheduler's port can run any code on the scheduler and its workers: do not expose the port.</para>
/// </remarks>
public sealed partial class DaskClient : IDaskClient, IAsyncDisposable
{
    private readonly SchedulerRpc _rpc;
    private readonly TaskSession? _started;
    private readonly DaskRpcException? _blocked;
    private readonly ResultFetcher _fetcher;
    private readonly DaskClientOptions _options;
    private readonly TimeProvider _time;
    private readonly WorkerGroupResolver? _groups;
    private readonly JsonSerializerOptions _json;
    private readonly AsyncLocal<TaskOptions?> _annotations = new();
    private readonly Lifetime _life = new(typeof(DaskClient));

    private DaskClient(
        SchedulerRpc rpc,
        TaskSession? session,
        DaskRpcException? blocked,
        DaskClientOptions options,
        WorkerGroupResolver? groups,
        string version)
    {
        _rpc = rpc;
        _started = session;
        _blocked = blocked;
        _options = options;
        _time = options.TimeProvider ?? TimeProvider.System;
        _groups = groups;
        _json = PythonJson.For(options.SerializerOptions);
        _fetcher = new ResultFetcher(rpc, _time);
        SchedulerVersion = version;
    }

    /// <summary>Gets the scheduler's address.</summary>
    public string Address => _rpc.Address;

    /// <summary>Gets the version of Dask's <c>distributed</c> on the scheduler when this client connected.</summary>
    public string SchedulerVersion { get; }

    /// <summary>Connects to a scheduler.</summary>
    /// <param name="address"><c>tcp://host:port</c> or <c>tls://host:port</c>; the default port is 8786.</param>
    /// <param name="options">How to connect; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <returns>The connected client.</returns>
    /// <exception cref="ArgumentException">The address is not a scheduler address, or an option is out of range.</exception>
    /// <exception cref="SchedulerUnreachableException">The connection could not be established.</exception>
    /// <exception cref="SchedulerTimeoutException">The scheduler did not answer in time.</exception>
    /// <exception cref="DaskTlsException">TLS failed.</exception>
    /// <exception cref="DaskProtocolException">The server is not a Dask scheduler.</exception>
    public static Task<DaskClient> ConnectAsync(
        string address, DaskClientOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new DaskClientOptions();
        return ConnectAsync(SchedulerEndpoint.Parse(address, options.Tls), options, null, cancellationToken);
    }

    /// <summary>Connects to a scheduler over streams that the caller opens, with named worker groups.</summary>
    internal static async Task<DaskClient> ConnectAsync(
        SchedulerEndpoint endpoint, DaskClientOptions options, WorkerGroupResolver? groups, CancellationToken cancellationToken)
    {
        options.Validate();
        SchedulerTimeouts timeouts = new() { Connect = options.ConnectTimeout, Call = options.CallTimeout };
        TimeProvider time = options.TimeProvider ?? TimeProvider.System;
        ILogger logger = GuardedLogger.Create(options.LoggerFactory, "DaskK8s.DaskClient");
        SchedulerRpc rpc = new(endpoint, timeouts, time, logger);
        try
        {
            IReadOnlyDictionary<string, string?> versions = await rpc.VersionsAsync(cancellationToken).ConfigureAwait(false);
            string version = versions.GetValueOrDefault("distributed") ?? "unknown";
            TaskSession? session = null;
            DaskRpcException? blocked = null;
            try
            {
                session = await TaskSession
                    .StartAsync(rpc, timeouts, options.ReattachWithin, new Resubmission(options.ResubmitLostWork, options.MaxAttempts, options.MaxResubmitBytes), time, logger, cancellationToken).ConfigureAwait(false);
            }
            catch (DaskRpcException e) when (e.PythonException?.Contains("disallowed", StringComparison.Ordinal) == true)
            {
                // All but running tasks works on such a scheduler.
                blocked = Blocked(rpc.Address, version, e);
            }

            DaskClient client = new(rpc, session, blocked, options, groups, version);
            session?.Place = client.PlaceAsync;
            return client;
        }
        catch
        {
            await rpc.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Sets options for all tasks that are submitted in this asynchronous control flow until the returned scope is disposed.</summary>
    /// <param name="options">The options; a submission's own options and those of inner scopes take precedence.</param>
    /// <returns>The scope.</returns>
    /// <exception cref="ArgumentException">The options set a key, or are invalid.</exception>
    public IDisposable Annotate(TaskOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (options.Key is not null)
        {
            throw new ArgumentException("A key names one task: it cannot be set for a block of code.", nameof(options));
        }

        Annotation scope = new(_annotations, _annotations.Value);
        _annotations.Value = options.Over(_annotations.Value);
        return scope;
    }

    /// <summary>Closes the connection and releases all work that was submitted through this client.</summary>
    /// <remarks>Calls in progress end with <see cref="ObjectDisposedException"/>.</remarks>
    /// <returns>A task that completes when the work is released, or after two seconds.</returns>
    public async ValueTask DisposeAsync()
    {
        if (_life.TryEnd())
        {
            if (_started is not null)
            {
                await _started.DisposeAsync().ConfigureAwait(false);
            }

            await _rpc.DisposeAsync().ConfigureAwait(false);
        }
    }

    private TaskSession Session => _started ?? throw _blocked!;

    private static DaskRpcException Blocked(string address, string version, DaskRpcException cause) => new(
        "run_function",
        $"The scheduler at {address} (distributed {version}) is configured not to run clients' functions, which running tasks requires: " +
        $"{cause.PythonException} Remove 'distributed.scheduler.pickle: false', or 'run_function' from " +
        "'distributed.scheduler.blocked-handlers', from the scheduler's configuration. Reading its state works without this.",
        cause.PythonException,
        cause.PythonTraceback);

    private sealed class Annotation(AsyncLocal<TaskOptions?> current, TaskOptions? outer) : IDisposable
    {
        public void Dispose() => current.Value = outer;
    }
}
