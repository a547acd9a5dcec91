using System.Globalization;

using Microsoft.Extensions.Logging;

namespace DaskK8s.Hosting.Connection;

/// <summary>The connection to a cluster that is shared within an application.</summary>
/// <remarks>
/// Calls wait only for the first attempt to connect. If it fails, or a later check fails, calls fail at once with the reason while a loop
/// retries. A connection that responds again is kept, so that its futures stay valid; otherwise it is replaced.
/// </remarks>
internal sealed partial class SharedCluster : IDaskCluster, IAsyncDisposable, IDisposable
{
    private readonly DaskClusterOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly ReconnectPause _pause = new();

    private ClusterConnection? _current;
    private long _seen;
    private Task<ClusterConnection>? _trying;
    private Task _recovering = Task.CompletedTask;
    private Exception? _failure;
    private long _failed;
    private TimeSpan _until;
    private bool _disposed;

    public SharedCluster(string name, DaskClusterOptions options, ILogger logger)
    {
        Name = name;
        _options = options;
        _time = options.Cluster.TimeProvider;
        _logger = logger;
    }

    public string Name { get; }

    /// <summary>Gets a value indicating whether a Helm release is configured, and not only a scheduler's address.</summary>
    public bool HasRelease => _options.Release is not null;

    public async ValueTask<HelmCluster> GetClusterAsync(CancellationToken cancellationToken = default)
    {
        if (!HasRelease)
        {
            throw new InvalidOperationException(
                $"The Dask cluster \"{Name}\" is configured by a scheduler's address alone, so there is no release. Configure release.namespace, or call {nameof(GetClientAsync)}.");
        }

        return (await ConnectedAsync(cancellationToken).ConfigureAwait(false)).Cluster!;
    }

    public async ValueTask<IDaskClient> GetClientAsync(CancellationToken cancellationToken = default) =>
        (await ConnectedAsync(cancellationToken).ConfigureAwait(false)).Client ?? throw new InvalidOperationException(
            $"The Dask cluster \"{Name}\" is configured not to connect to its scheduler ({nameof(HelmClusterOptions.SchedulerAccess)} {_options.Cluster.SchedulerAccess}).");

    public async ValueTask DisposeAsync()
    {
        Task<ClusterConnection>? trying;
        Task recovering;
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            (trying, recovering) = (_trying, _recovering);
        }

        await _closing.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(trying ?? Task.CompletedTask, recovering).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_current is { } current)
        {
            await current.DisposeAsync().ConfigureAwait(false);
        }

        _closing.Dispose();
    }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private async ValueTask<ClusterConnection> ConnectedAsync(CancellationToken cancellationToken)
    {
        Task<ClusterConnection> trying;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_failure is { } failure)
            {
                TimeSpan left = _until - _time.GetElapsedTime(_failed);
                throw new DaskClusterUnavailableException(Name, left > TimeSpan.Zero ? left : TimeSpan.Zero, failure);
            }

            if (_current is { } current && _trying is null && _time.GetElapsedTime(_seen) <= _options.CheckAfter)
            {
                return current;
            }

            // Off the caller's thread and flow of execution, which belong to one request of many.
            trying = _trying ??= Task.Run(TryAsync, CancellationToken.None);
        }

        return await trying.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Connects, or checks the existing connection.</summary>
    private async Task<ClusterConnection> TryAsync()
    {
        ClusterConnection? current = _current;
        try
        {
            if (current is null)
            {
                current = await ClusterConnection.OpenAsync(_options, _closing.Token).ConfigureAwait(false);
                Connected(_logger, Name);
            }
            else
            {
                await CheckAsync(current).ConfigureAwait(false);
            }

            Succeed(current);
            return current;
        }
        catch (Exception e) when (!_closing.IsCancellationRequested)
        {
            TimeSpan pause = Fail(e);
            lock (_lock)
            {
                _trying = null;
                _recovering = _disposed ? Task.CompletedTask : Task.Run(() => RecoverAsync(pause), CancellationToken.None);
            }

            throw new DaskClusterUnavailableException(Name, pause, e);
        }
    }

    private async Task RecoverAsync(TimeSpan pause)
    {
        while (true)
        {
            await Task.Delay(pause, _time, _closing.Token).ConfigureAwait(false);
            try
            {
                ClusterConnection? old = _current;
                if (old is not null && await AnswersAsync(old).ConfigureAwait(false))
                {
                    Succeed(old);
                    return;
                }

                ClusterConnection fresh = await ClusterConnection.OpenAsync(_options, _closing.Token).ConfigureAwait(false);
                if (old is not null && await AnswersAsync(old).ConfigureAwait(false))
                {
                    // It came back meanwhile, with all that it stands for.
                    await fresh.DisposeAsync().ConfigureAwait(false);
                    Succeed(old);
                    return;
                }

                Succeed(fresh);
                Connected(_logger, Name);
                if (old is not null)
                {
                    await old.DisposeAsync().ConfigureAwait(false);
                }

                return;
            }
            catch (Exception e) when (!_closing.IsCancellationRequested)
            {
                pause = Fail(e);
            }
        }
    }

    private async Task<bool> AnswersAsync(ClusterConnection connection)
    {
        try
        {
            await CheckAsync(connection).ConfigureAwait(false);
            return true;
        }
        catch (Exception) when (!_closing.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task CheckAsync(ClusterConnection connection)
    {
        using CancellationTokenSource limit = new(_options.CheckTimeout, _time);
        using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _closing.Token);
        try
        {
            await connection.CheckAsync(linked.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!_closing.IsCancellationRequested)
        {
            string who = connection.Client is null ? "The API server" : $"The scheduler at {connection.Client.Address}";
            throw new DaskK8sException(string.Create(
                CultureInfo.InvariantCulture, $"{who} did not answer within {_options.CheckTimeout.TotalSeconds:0.#} s ({nameof(DaskClusterOptions.CheckTimeout)})."));
        }
    }

    private void Succeed(ClusterConnection connection)
    {
        lock (_lock)
        {
            _current = connection;
            _seen = _time.GetTimestamp();
            _failure = null;
            _trying = null;
            _pause.Reset();
        }
    }

    private TimeSpan Fail(Exception e)
    {
        TimeSpan pause;
        lock (_lock)
        {
            pause = _pause.Next();
            _failure = e;
            _failed = _time.GetTimestamp();
            _until = pause;
        }

        Unavailable(_logger, Name, pause.TotalSeconds, e.Message);
        return pause;
    }

    [LoggerMessage(7110, LogLevel.Information, "Connected to the Dask cluster {Name}.")]
    private static partial void Connected(ILogger logger, string name);

    [LoggerMessage(7111, LogLevel.Warning, "The Dask cluster {Name} was not available, the next attempt is in {Seconds} s: {Reason}")]
    private static partial void Unavailable(ILogger logger, string name, double seconds, string reason);
}
