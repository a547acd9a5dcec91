using DaskK8s.Dask.Rpc;
using DaskK8s.Dask.Protocol;

namespace DaskK8s;

public sealed partial class DaskClient
{
    /// <summary>Reads the scheduler's state and its workers.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The state at this moment.</returns>
    public async Task<SchedulerInfo> GetSchedulerInfoAsync(CancellationToken cancellationToken = default)
    {
        SchedulerInfo info = await _life.RunAsync(_rpc.IdentityAsync, cancellationToken).ConfigureAwait(false);
        return info with { Version = SchedulerVersion };
    }

    /// <summary>Reads which workers hold results.</summary>
    /// <param name="keys">The keys of the results; null for all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The workers' addresses by key.</returns>
    public Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> WhoHasAsync(
        IReadOnlyCollection<string>? keys = null, CancellationToken cancellationToken = default) =>
        _life.RunAsync(token => _rpc.WhoHasAsync(keys, token), cancellationToken);

    /// <summary>Reads which results workers hold.</summary>
    /// <param name="workers">The workers' addresses; null for all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The keys by the worker's address.</returns>
    public Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> HasWhatAsync(
        IReadOnlyCollection<string>? workers = null, CancellationToken cancellationToken = default) =>
        _life.RunAsync(token => _rpc.HasWhatAsync(workers, token), cancellationToken);

    /// <summary>Reads how large results are.</summary>
    /// <param name="keys">The keys of the results; null for all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The sizes in bytes by key, as Dask estimates them.</returns>
    public Task<IReadOnlyDictionary<string, long>> GetSizesAsync(
        IReadOnlyCollection<string>? keys = null, CancellationToken cancellationToken = default) =>
        _life.RunAsync(token => _rpc.BytesAsync(keys, token), cancellationToken);

    /// <summary>Restarts all workers' processes, which forgets all tasks and results of all clients.</summary>
    /// <param name="timeout">The time for the workers to be back.</param>
    /// <param name="waitForWorkers">Whether to wait until they are.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A task that ends when the workers are back.</returns>
    /// <exception cref="DaskRpcException">The workers were not back in time.</exception>
    public Task RestartAsync(TimeSpan timeout, bool waitForWorkers = true, CancellationToken cancellationToken = default) =>
        _life.RunAsync(token => _rpc.RestartAsync(timeout, waitForWorkers, NeedsStimulus(), token), cancellationToken);

    /// <summary>Moves the results off workers and ends the workers.</summary>
    /// <remarks>Under Kubernetes a worker's container starts anew and rejoins: to have fewer workers, scale their group.</remarks>
    /// <param name="workers">The workers' addresses.</param>
    /// <param name="timeout">The time for their results to be moved.</param>
    /// <param name="cancellationToken">Ends the wait; the scheduler goes on.</param>
    /// <returns>The addresses of those that are retired; one that is missing could not be drained.</returns>
    public Task<IReadOnlyList<string>> RetireWorkersAsync(
        IReadOnlyCollection<string> workers, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        _life.RunAsync(token => _rpc.RetireWorkersAsync(workers, remove: true, closeWorkers: true, timeout, token), cancellationToken);

    /// <summary>Reads the last lines of the log that the scheduler keeps in its memory.</summary>
    /// <param name="count">The most lines to read; null for all that are kept.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The lines, oldest first.</returns>
    public Task<IReadOnlyList<DaskLogEntry>> GetSchedulerLogAsync(int? count = null, CancellationToken cancellationToken = default) =>
        _life.RunAsync(token => _rpc.LogAsync(count, NewestFirst(), token), cancellationToken);

    /// <summary>Reads the last lines of the logs that workers keep in their memory.</summary>
    /// <param name="workers">The workers' addresses; null for all.</param>
    /// <param name="count">The most lines to read of each; null for all that are kept.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The lines by the worker's address, oldest first.</returns>
    public Task<IReadOnlyDictionary<string, IReadOnlyList<DaskLogEntry>>> GetWorkerLogsAsync(
        IReadOnlyCollection<string>? workers = null, int? count = null, CancellationToken cancellationToken = default) =>
        _life.RunAsync(token => _rpc.WorkerLogsAsync(workers, count, NewestFirst(), token), cancellationToken);

    /// <summary>Reads the events that were logged under a topic.</summary>
    /// <param name="topic">The topic: a worker's address, <c>all</c>, or a name of your own.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The events, oldest first.</returns>
    public Task<IReadOnlyList<DaskEvent>> GetEventsAsync(string topic, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic);
        return _life.RunAsync(token => _rpc.EventsAsync(topic, token), cancellationToken);
    }

    /// <summary>Logs an event under a topic.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="data">What happened: JSON's types.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A task that ends when the event is logged.</returns>
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
