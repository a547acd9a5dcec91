using DaskK8s.Dask;
using DaskK8s.Dask.Tasks;

namespace DaskK8s;

public sealed partial class DaskClient
{
    /// <summary>Runs a function once on each worker. It is not a task, so it also runs on busy workers.</summary>
    /// <remarks>
    /// Use it to inspect and set up workers: packages, files, memory. The function runs on its own thread. A parameter <c>dask_worker</c>
    /// receives the worker. A failure on one worker does not affect the others.
    /// </remarks>
    /// <typeparam name="T">The .NET type that the results are read as.</typeparam>
    /// <param name="function">The function.</param>
    /// <param name="arguments">Its positional arguments; futures are not allowed. Null for none.</param>
    /// <param name="workers">The workers' addresses or names; null for all.</param>
    /// <param name="timeout">The time limit for all answers; null for <see cref="DaskClientOptions.CallTimeout"/>.</param>
    /// <param name="cancellationToken">Cancels the wait; running functions are not interrupted.</param>
    /// <returns>An answer for each worker.</returns>
    /// <exception cref="ArgumentException">An argument has no JSON representation, or is a future.</exception>
    /// <exception cref="SchedulerTimeoutException">The time limit expired.</exception>
    public Task<IReadOnlyList<DaskAnswer<T>>> RunOnWorkersAsync<T>(
        PythonFunction function,
        IReadOnlyList<object?>? arguments = null,
        IReadOnlyCollection<string>? workers = null,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default)
    {
        byte[] pickle = PickleAlone(function, arguments);
        return _life.RunAsync(token => OutOfBand.RunOnWorkersAsync<T>(function, pickle, workers, timeout, token), cancellationToken);
    }

    /// <summary>Runs a function once on each worker of a group, outside tasks.</summary>
    /// <typeparam name="T">The .NET type that the results are read as.</typeparam>
    /// <param name="function">The function.</param>
    /// <param name="workerGroup">The group's name.</param>
    /// <param name="arguments">Its positional arguments; futures are not allowed. Null for none.</param>
    /// <param name="timeout">The time limit for all answers; null for <see cref="DaskClientOptions.CallTimeout"/>.</param>
    /// <param name="cancellationToken">Cancels the wait; running functions are not interrupted.</param>
    /// <returns>An answer for each worker of the group; empty if it has no workers.</returns>
    /// <exception cref="ArgumentException">There is no such group, or an argument has no JSON representation or is a future.</exception>
    /// <exception cref="SchedulerTimeoutException">The time limit expired.</exception>
    public async Task<IReadOnlyList<DaskAnswer<T>>> RunOnGroupAsync<T>(
        PythonFunction function,
        string workerGroup,
        IReadOnlyList<object?>? arguments = null,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(workerGroup);
        byte[] pickle = PickleAlone(function, arguments);
        GroupWorkers group = await FindGroupAsync(workerGroup, fresh: false, cancellationToken).ConfigureAwait(false);
        return group.Addresses.Count == 0
            ? []
            : await _life.RunAsync(token => OutOfBand.RunOnWorkersAsync<T>(function, pickle, group.Addresses, timeout, token), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Runs a function on the scheduler.</summary>
    /// <remarks>
    /// The function blocks the scheduler's event loop while it runs: keep it short. A parameter <c>dask_scheduler</c> receives the
    /// scheduler. An <c>async</c> function is awaited.
    /// </remarks>
    /// <typeparam name="T">The .NET type that the result is read as.</typeparam>
    /// <param name="function">The function.</param>
    /// <param name="arguments">Its positional arguments; futures are not allowed. Null for none.</param>
    /// <param name="timeout">The time limit for the answer; null for <see cref="DaskClientOptions.CallTimeout"/>.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The function's result.</returns>
    /// <exception cref="ArgumentException">An argument has no JSON representation, or is a future.</exception>
    /// <exception cref="DaskTaskException">The function raised an exception.</exception>
    /// <exception cref="DaskResultException">The result cannot be converted to <typeparamref name="T"/>.</exception>
    /// <exception cref="SchedulerTimeoutException">The time limit expired.</exception>
    public Task<T> RunOnSchedulerAsync<T>(
        PythonFunction function, IReadOnlyList<object?>? arguments = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        byte[] pickle = PickleAlone(function, arguments);
        return _life.RunAsync(token => OutOfBand.RunOnSchedulerAsync<T>(function, pickle, timeout, token), cancellationToken);
    }

    private OutOfBand OutOfBand => new(_rpc, _json);

    private byte[] PickleAlone(PythonFunction function, IReadOnlyList<object?>? arguments)
    {
        ArgumentNullException.ThrowIfNull(function);
        _life.ThrowIfEnded();
        // A scheduler that runs no functions of clients says so here.
        _ = Session;
        (byte[] pickle, IReadOnlyList<DaskFuture> needs) = PythonArguments.Write(arguments ?? [], function.Keywords, _json, _options.Formats);
        return needs.Count == 0
            ? pickle
            : throw new ArgumentException($"The future '{needs[0].Key}' cannot be an argument here: only tasks receive results. Submit a task instead.", nameof(arguments));
    }
}
