using System.Collections;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

using DaskK8s.Common;
using DaskK8s.Dask;
using DaskK8s.Dask.Tasks;

namespace DaskK8s;

public sealed partial class DaskClient
{
    private const int BatchSize = 2000;

    private static readonly TimeSpan PlacePause = TimeSpan.FromSeconds(0.5);

    /// <summary>Submits one call of a function.</summary>
    /// <typeparam name="T">The .NET type that the result is read as.</typeparam>
    /// <param name="function">The function.</param>
    /// <param name="arguments">Its positional arguments: numbers, strings, bytes, lists, maps, records, null, and futures, which the cluster replaces with their results.</param>
    /// <param name="options">Where and how to run; null for the options that <see cref="Annotate"/> sets.</param>
    /// <param name="cancellationToken">Cancels the wait for the task to be submitted.</param>
    /// <returns>The future of the result.</returns>
    /// <exception cref="DaskRpcException">The scheduler is configured not to run clients' functions.</exception>
    /// <exception cref="ArgumentException">An argument has no JSON representation, an option cannot be meant, or the worker group does not exist.</exception>
    public async Task<DaskFuture<T>> SubmitAsync<T>(
        PythonFunction function,
        IReadOnlyList<object?> arguments,
        TaskOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        ArgumentNullException.ThrowIfNull(arguments);
        DaskFuture<T>[] futures = await SubmitCoreAsync<T>(function, [arguments], options, cancellationToken).ConfigureAwait(false);
        return futures[0];
    }

    /// <summary>Submits a call of a function for each input.</summary>
    /// <typeparam name="T">The .NET type that the results are read as.</typeparam>
    /// <param name="function">The function; each call receives one input as its only positional argument.</param>
    /// <param name="inputs">The inputs.</param>
    /// <param name="options">Where and how to run; null for the options that <see cref="Annotate"/> sets.</param>
    /// <param name="cancellationToken">Cancels the wait for the tasks to be submitted.</param>
    /// <returns>The futures, in the order of the inputs.</returns>
    /// <exception cref="DaskRpcException">The scheduler is configured not to run clients' functions.</exception>
    /// <exception cref="ArgumentException">An input has no JSON representation, an option cannot be meant, or the worker group does not exist.</exception>
    public Task<DaskFutureList<T>> MapAsync<T>(
        PythonFunction function, IEnumerable inputs, TaskOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        if (inputs is string or IDictionary)
        {
            throw new ArgumentException($"A {inputs.GetType().Name} is one input, not a sequence of them; use SubmitAsync.", nameof(inputs));
        }

        return StarMapAsync<T>(function, inputs.Cast<object?>().Select(i => (IReadOnlyList<object?>)[i]), options, cancellationToken);
    }

    /// <summary>Submits a call of a function for each list of arguments.</summary>
    /// <typeparam name="T">The .NET type that the results are read as.</typeparam>
    /// <param name="function">The function.</param>
    /// <param name="arguments">The positional arguments of each call.</param>
    /// <param name="options">Where and how to run; null for the options that <see cref="Annotate"/> sets.</param>
    /// <param name="cancellationToken">Cancels the wait for the tasks to be submitted.</param>
    /// <returns>The futures, in the order of the lists.</returns>
    /// <exception cref="DaskRpcException">The scheduler is configured not to run clients' functions.</exception>
    /// <exception cref="ArgumentException">An argument has no JSON representation, an option cannot be meant, or the worker group does not exist.</exception>
    public async Task<DaskFutureList<T>> StarMapAsync<T>(
        PythonFunction function,
        IEnumerable<IReadOnlyList<object?>> arguments,
        TaskOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        ArgumentNullException.ThrowIfNull(arguments);
        return new DaskFutureList<T>(await SubmitCoreAsync<T>(function, arguments, options, cancellationToken).ConfigureAwait(false));
    }

    internal void Release(TaskEntry entry)
    {
        if (!_life.HasEnded)
        {
            _started?.Release(entry);
        }
    }

    internal void Cancel(TaskEntry entry)
    {
        _life.ThrowIfEnded();
        Session.Cancel(entry);
    }

    private async Task<DaskFuture<T>[]> SubmitCoreAsync<T>(
        PythonFunction function,
        IEnumerable<IReadOnlyList<object?>> arguments,
        TaskOptions? given,
        CancellationToken cancellationToken)
    {
        _life.ThrowIfEnded();
        using Activity? activity = Telemetry.BeginWork(Telemetry.SubmitActivity, Address)?.SetTag("function", function.Name);
        try
        {
            DaskFuture<T>[] futures = await SubmitBatchesAsync<T>(function, arguments, given, cancellationToken).ConfigureAwait(false);
            activity?.SetTag("tasks", futures.Length);
            return futures;
        }
        catch (Exception e)
        {
            activity.Fail(e);
            throw;
        }
    }

    private async Task<DaskFuture<T>[]> SubmitBatchesAsync<T>(
        PythonFunction function,
        IEnumerable<IReadOnlyList<object?>> arguments,
        TaskOptions? given,
        CancellationToken cancellationToken)
    {
        given?.Validate();
        TaskOptions options = (given ?? new TaskOptions()).Over(_annotations.Value);
        IReadOnlyList<string>? workers = await PlaceAsync(options, cancellationToken).ConfigureAwait(false);
        string prefix = Prefix(function.Name);
        string unique = Guid.NewGuid().ToString("N");
        List<DaskFuture<T>> futures = [];
        List<TaskCall> batch = [];
        int count = 0;
        try
        {
            foreach (IReadOnlyList<object?> call in arguments)
            {
                (byte[] pickle, IReadOnlyList<DaskFuture> needs) = PythonArguments.Write(call, function.Keywords, _json, _options.Formats);
                Check(needs);
                string key = options switch
                {
                    { Key: { } named } => count == 0 ? named : throw new ArgumentException("A key names one task, but more than one is submitted.", nameof(given)),
                    { Pure: true } => $"{prefix}-{PureToken(function, pickle, needs)}",
                    _ => $"{prefix}-{unique}-{count}",
                };
                count++;
                batch.Add(new TaskCall(key, pickle, needs.Count == 0 ? [] : [.. needs.Select(n => n.Key)]));
                if (batch.Count == BatchSize)
                {
                    await SendAsync().ConfigureAwait(false);
                }
            }

            await SendAsync().ConfigureAwait(false);
            return [.. futures];
        }
        catch
        {
            // All or nothing: what was submitted on the way is let go of.
            futures.ForEach(static f => f.Dispose());
            throw;
        }

        async ValueTask SendAsync()
        {
            if (batch.Count > 0)
            {
                TaskEntry[] entries = await Session.SubmitAsync(function, options, workers, batch, cancellationToken).ConfigureAwait(false);
                futures.AddRange(entries.Select(entry => new DaskFuture<T>(this, entry)));
                batch.Clear();
            }
        }
    }

    private void Check(IReadOnlyList<DaskFuture> needs)
    {
        foreach (DaskFuture need in needs)
        {
            if (!ReferenceEquals(need.Client, this))
            {
                throw new ArgumentException(need.Client is null
                    ? $"The future '{need.Key}' was made by {nameof(DaskFuture.FromResult)} or {nameof(DaskFuture.FromException)}: its value is on no worker. Pass the value itself."
                    : $"The future '{need.Key}' belongs to another client: use the client that created it.");
            }
        }
    }

    /// <summary>Finds the workers on which a task is allowed to run.</summary>
    private async ValueTask<IReadOnlyList<string>?> PlaceAsync(TaskOptions options, CancellationToken cancellationToken)
    {
        if (options.WorkerGroup is not { } group)
        {
            return options.Workers;
        }

        long since = _time.GetTimestamp();
        for (bool fresh = false; ; fresh = true)
        {
            GroupWorkers found = await FindGroupAsync(group, fresh, cancellationToken).ConfigureAwait(false);
            if (found.Addresses.Count > 0)
            {
                return found.Addresses;
            }

            bool patient = _options.NoWorkerTimeout is { } limit
                ? _time.GetElapsedTime(since) < limit
                : (found.Coming || !fresh) && _time.GetElapsedTime(since) < Patience.OnTheirWay;
            if (!patient)
            {
                throw new DaskNoWorkerException(
                    string.Empty,
                    $"The worker group '{group}' has no workers now; scale it first. {await OffersAsync(cancellationToken).ConfigureAwait(false)}",
                    options.Resources ?? WorkerInfo.NoResources);
            }

            await _life.RunAsync(
                token => Task.Delay(fresh ? PlacePause : TimeSpan.Zero, _time, token), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<GroupWorkers> FindGroupAsync(string group, bool fresh, CancellationToken cancellationToken)
    {
        if (_groups is null)
        {
            throw new ArgumentException(
                $"The worker group '{group}' is not known: this client was connected by address, and only Helm releases have worker groups. Set Workers instead.");
        }

        IReadOnlyList<GroupWorkers> groups = await _life.RunAsync(token => _groups(fresh, token).AsTask(), cancellationToken).ConfigureAwait(false);
        return groups.FirstOrDefault(g => g.Name == group)
            ?? throw new ArgumentException($"There is no worker group '{group}'; there are: {string.Join(", ", groups.Select(static g => g.Name))}.");
    }

    private static string Prefix(string name)
    {
        string last = name[(name.LastIndexOf('.') + 1)..];
        return string.Create(last.Length, last, static (span, text) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = char.IsAsciiLetterOrDigit(text[i]) ? text[i] : '_';
            }
        });
    }

    private static string PureToken(PythonFunction function, byte[] pickle, IReadOnlyList<DaskFuture> needs)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(function.Id));
        hash.AppendData(pickle);
        foreach (DaskFuture need in needs)
        {
            hash.AppendData(Encoding.UTF8.GetBytes("\0" + need.Key));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..32];
    }
}
