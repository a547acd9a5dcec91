using DaskK8s.Dask.Rpc;
using DaskK8s.Dask.Protocol;

namespace DaskK8s;

public sealed partial class DaskClient
{
    /// <summary>Reads the scheduler's state and its workers.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The current state.</returns>
    public async Task<SchedulerInfo> GetSchedulerInfoAsync(CancellationToken cancellationToken = default)
    {
        SchedulerInfo info = await _life.RunAsync(_rpc.IdentityAsync, cancellationToken).ConfigureAwait(false);
        return info with { Version = SchedulerVersion };
    }

    /// <summary>Reads which workers hold results.</summary>
    /// <param name="keys">The keys of the results; null for all.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The workers' addresses by key.</returns>
    public Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> WhoHasAsync(
        IReadOnlyCollection<string>? keys = null, CancellationToken cancellationToken = default) =>
        _life.RunAsync(token => _rpc.WhoHasAsync(keys, token), cancellationToken);

    /// <summary>Reads which results workers hold.</summary>
    /// <param name="workers">The workers' addresses; null for all.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The keys by worker address.</returns>
    public Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> HasWhatAsync(
        IReadOnlyCollection<string>? workers = null, CancellationToken cancellationToken = default) =>
        _life.RunAsync(token => _rpc.HasWhatAsync(workers, token), cancellationToken);

    /// <summary>Reads the sizes of results.</summary>
    /// <param name="keys">The keys of the results; null for all.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The sizes in bytes by key, as Dask estimates them.</returns>
    public Task<IReadOnlyDictionary<string, long>> GetSizesAsync(
        IReadOnlyCollection<string>? keys = null, CancellationToken cancellationToken = default) =>
        _life.RunAsync(token => _rpc.BytesAsync(keys, token), cancellationToken);

    /// <summary>Restarts the processes of all workers. All tasks and results of all clients are lost.</summary>
    /// <param name="timeout">The time limit for the workers to reconnect.</param>
    /// <param name="waitForWorkers">Whether to wait until the workers are connected again.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task that completes when the workers are connected again.</returns>
    /// <exception cref="DaskRpcException">The workers did not reconnect within the time limit.</exception>
    public Task RestartAsync(TimeSpan timeout, bool waitForWorkers = true, CancellationToken cancellationToken = default) =>
        _life.RunAsync(token => _rpc.RestartAsync(timeout, waitForWorkers, NeedsStimulus(), token), cancellationToken);

    /// <summary>Moves the results off workers and closes the workers.</summary>
    /// <remarks>In Kubernetes, the worker's container restarts and reconnects. To get fewer workers, scale their group.</remarks>
    /// <param name="workers">The workers' addresses.</param>
    /// <param name="timeout">The time limit for moving their results.</param>
    /// <param name="cancellationToken">Cancels the wait; the scheduler continues.</param>
    /// <returns>The addresses of the retired workers; a missing worker could not be drained.</returns>
    public Task<IReadOnlyList<string>> RetireWorkersAsync(
        IReadOnlyCollection<string> workers, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        _life.RunAsync(token => _rpc.RetireWorkersAsync(workers, remove: true, closeWorkers: true, timeout, token), cancellationToken);

    /// <summary>Reads the last lines of the scheduler's in-memory log.</summary>
    /// <param name="count">The maximum number of lines; null for all available lines.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The lines, oldest first.</returns>
    public Task<IReadOnlyList<DaskLogEntry>> GetSchedulerLogAsync(int? count = null, CancellationToken cancellationToken = default) =>
        _life.RunAsync(token => _rpc.LogAsync(count, NewestFirst(), token), cancellationToken);

    /// <summary>Reads the last lines of the workers' in-memory logs.</summary>
    /// <param name="workers">The workers' addresses; null for all.</param>
    /// <param name="count">The maximum number of lines per worker; null for all available lines.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The lines by worker address, oldest first.</returns>
    public Task<IReadOnlyDictionary<string, IReadOnlyList<DaskLogEntry>>> GetWorkerLogsAsync(
        IReadOnlyCollection<string>? workers = null, int? count = null, CancellationToken cancellationToken = default) =>
        _life.RunAsync(token => _rpc.WorkerLogsAsync(workers, count, NewestFirst(), token), cancellationToken);

    /// <summary>Reads the events that were logged under a topic.</summary>
    /// <param name="topic">The topic: a worker's address, <c>all</c>, or a custom name.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The events, oldest first.</returns>
    public Task<IReadOnlyList<DaskEvent>> GetEventsAsync(string topic, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic);
        return _life.RunAsync(token => _rpc.EventsAsync(topic, token), cancellationToken);
    }

    /// <summary>Logs an event under a topic.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="data">The event's data, made of JSON types.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task that completes when the event is logged.</returns>
    /// <exception cref="ArgumentException">The data has no JSON representation.</exception>
    public Task LogEventAsync(string topic, object? data, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic);
        object? plain = PythonJson.ToPlain(data, _json);
        return _life.RunAsync(token => _rpc.LogEventAsync(topic, plain, token), cancellationToken);
    }

    // Facts seen on 2022.12, 2024.12 and 2026.7: the order of log lines and an argument of restart changed between them.
    private bool NewestFirst() => VersionAtLeast(2024, 1);

    private bool NeedsStimulus() => VersionAtLeast(2024, 4);

    private bool VersionAtLeast(int year, int month)
    {
        string[] parts = SchedulerVersion.Split('.', '+');
        return parts.Length >= 2
            && int.TryParse(parts[0], out int ours) && int.TryParse(parts[1], out int minor)
            && (ours, minor).CompareTo((year, month)) >= 0;
    }
}
