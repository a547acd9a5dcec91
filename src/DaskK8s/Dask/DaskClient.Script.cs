using System.Diagnostics;
using System.Runtime.ExceptionServices;

using DaskK8s.Common;
using DaskK8s.Dask.Data;

namespace DaskK8s;

public sealed partial class DaskClient
{
    /// <summary>Runs a whole Python program as a task, with access to a Dask client.</summary>
    /// <remarks>
    /// The program runs on a worker, in <c>worker_client()</c>: its computations with <c>dask.dataframe</c>, <c>dask.array</c>,
    /// <c>dask.delayed</c> or its variable <c>client</c> run on the whole cluster, with the program's own annotations (<c>dask.annotate</c>).
    /// </remarks>
    /// <typeparam name="T">The .NET type that the result is read as.</typeparam>
    /// <param name="source">The program. Its result is the value of its last line if that is an expression, else its variable <c>result</c>, or None.</param>
    /// <param name="globals">Values that the program can use as global variables; null for none.</param>
    /// <param name="options">Where and how the program itself runs; null for the options that <see cref="Annotate"/> sets.</param>
    /// <param name="output">Receives the program's output in order, as it is printed; null to ignore it. An exception that it throws ends the call, as cancelling does.</param>
    /// <param name="cancellationToken">Cancels the wait and the task; a running program is not interrupted, but its result is discarded.</param>
    /// <returns>
    /// The program's result. A stream holds the program's task until it was read, or its enumerator is disposed; Dask's dataframes and bags are computed
    /// partition by partition while it is read.
    /// </returns>
    /// <exception cref="DaskRpcException">The scheduler is configured not to run clients' functions.</exception>
    /// <exception cref="ArgumentException">A value has no JSON representation, or an option cannot be meant.</exception>
    /// <exception cref="DaskTaskException">The program raised an exception.</exception>
    /// <exception cref="DaskNoWorkerException">No connected or expected worker can run the program.</exception>
    /// <exception cref="DaskTaskLostException">The scheduler no longer knows the program.</exception>
    /// <exception cref="DaskResultException">The result cannot be converted to <typeparamref name="T"/>.</exception>
    public async Task<T> RunScriptAsync<T>(
        string source,
        IReadOnlyDictionary<string, object?>? globals = null,
        TaskOptions? options = null,
        Action<ScriptOutput>? output = null,
        CancellationToken cancellationToken = default)
    {
        PythonFunction script = PythonFunction.FromScript(source);
        string key = options?.Key ?? "script-" + Guid.NewGuid().ToString("N");
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ExceptionDispatchInfo? refusal = null;
        _life.ThrowIfEnded();
        using Activity? activity = Telemetry.BeginWork(Telemetry.ScriptActivity, Address)?.SetTag("key", key);
        if (output is not null)
        {
            Session.Listen(key, Hear);
        }

        try
        {
            using DaskFuture<T> future = await SubmitAsync<T>(
                script,
                [Session.Topic, key, globals ?? new Dictionary<string, object?>(), ResultRequest.For(typeof(T), _options.Formats).Lazily],
                (options ?? new TaskOptions()) with { Key = key },
                ended.Token).ConfigureAwait(false);
            return await future.ResultAsync(null, ended.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (ended.IsCancellationRequested)
        {
            activity.Fail(e);
            cancellationToken.ThrowIfCancellationRequested();
            Volatile.Read(ref refusal)?.Throw();
            throw;
        }
        catch (Exception e)
        {
            activity.Fail(e);
            throw;
        }
        finally
        {
            Session.Listen(key, null);
        }

        void Hear(ScriptOutput piece)
        {
            try
            {
                output(piece);
            }
            catch (Exception e)
            {
                // On the thread that serves all of this client's work, which must go on.
                Session.Listen(key, null);
                Volatile.Write(ref refusal, ExceptionDispatchInfo.Capture(e));
                _ = ended.CancelAsync();
            }
        }
    }
}
