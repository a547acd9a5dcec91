using System.Threading.Channels;

using DaskK8s.Common;
using DaskK8s.Dask.Protocol;
using DaskK8s.Dask.Rpc;

using Microsoft.Extensions.Logging;

namespace DaskK8s.Dask.Tasks;

/// <summary>
/// This client's session on the scheduler. It sends submissions and receives task events over a connection that is
/// replaced if it breaks.
/// </summary>
/// <remarks>
/// Nothing is lost with a connection: the session stays on the scheduler, unconfirmed submissions are sent again
/// (the scheduler recognizes their numbers), and the current states of tasks are requested.
/// </remarks>
internal sealed partial class TaskSession : IAsyncDisposable
{
    private const int MaxQueued = 128;

    private static readonly PythonFunction Nothing = PythonFunction.FromName("builtins", "id");

    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan SteadyAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);

    private readonly SchedulerRpc _rpc;
    private readonly SchedulerTimeouts _timeouts;
    private readonly TimeSpan _keep;
    private readonly Resubmission _resubmission;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SessionEvents _events;
    private readonly Channel<Outgoing> _outgoing = Channel.CreateUnbounded<Outgoing>(new UnboundedChannelOptions { SingleReader = true });
    private readonly SemaphoreSlim _room = new(MaxQueued);
    private readonly Lock _order = new();
    private readonly SentBatches _sent = new();
    private readonly Lifetime _life = new(typeof(DaskClient));
    private readonly CancellationTokenSource _closing = new();
    private Task _running = Task.CompletedTask;
    private long _lastSteady;
    private readonly BackOff _pauses = new(FirstPause, TimeSpan.FromSeconds(5));
    private TimeSpan _pause;

    private TaskSession(SchedulerRpc rpc, SchedulerTimeouts timeouts, TimeSpan keep, Resubmission resubmission, TimeProvider time, ILogger logger)
    {
        _resubmission = resubmission;
        _rpc = rpc;
        _timeouts = timeouts;
        _keep = keep;
        _time = time;
        _logger = logger;
        _events = new SessionEvents(Tasks);
    }

    /// <summary>Gets the session's name on the scheduler.</summary>
    public string Id { get; private set; } = NewId();

    /// <summary>Gets the event topic of scripts' output. It is the same for all schedulers, because a resubmitted script keeps its arguments.</summary>
    public string Topic { get; } = NewId() + "-printed";

    /// <summary>Gets the tasks.</summary>
    public TaskTable Tasks { get; } = new();

    /// <summary>Connects for the first time.</summary>
    public static async Task<TaskSession> StartAsync(
        SchedulerRpc rpc, SchedulerTimeouts timeouts, TimeSpan keep, Resubmission resubmission, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        TaskSession session = new(rpc, timeouts, keep, resubmission, time, logger);
        SchedulerConnection connection = await session.AttachAsync(resume: false, cancellationToken).ConfigureAwait(false)
            ?? throw new DaskProtocolException($"The scheduler at {rpc.Address} did not start a session.");
        session._lastSteady = time.GetTimestamp();
        session._running = session.RunAsync(connection);
        return session;
    }

    /// <summary>Queues a submission; waits if many are already queued.</summary>
    /// <remarks>Keys are registered when nothing more can fail, so that a registered key is always sent.</remarks>
    /// <returns>The tasks of the calls, with one reference to each; tasks that already exist are not submitted again.</returns>
    public async ValueTask<TaskEntry[]> SubmitAsync(
        PythonFunction function,
        TaskOptions options,
        IReadOnlyList<string>? workers,
        IReadOnlyList<TaskCall> calls,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await _life.RunAsync(token => _room.WaitAsync(token), cancellationToken).ConfigureAwait(false);
        TaskEntry[] entries = new TaskEntry[calls.Count];
        List<TaskSpecification> fresh = [];
        lock (_order)
        {
            _life.ThrowIfEnded();
            for (int i = 0; i < entries.Length; i++)
            {
                (entries[i], bool isNew) = Tasks.Acquire(calls[i], options, workers);
                if (isNew)
                {
                    fresh.Add(new TaskSpecification(entries[i], calls[i].Arguments, calls[i].Needs));
                }
            }

            if (fresh.Count > 0)
            {
                TaskBatch batch = new(function, options, workers, fresh);
                _resubmission.Keep(batch, Tasks.Find);
                _outgoing.Writer.TryWrite(new Outgoing(batch, null, Counted: true));
            }
        }

        if (fresh.Count == 0)
        {
            _room.Release();
        }
        else
        {
            Telemetry.TasksSubmitted.Add(fresh.Count, new KeyValuePair<string, object?>("scheduler", _rpc.Address));
        }

        return entries;
    }

    /// <summary>Holds tasks that other clients submitted, and waits until the scheduler has reported their status.</summary>
    /// <remarks>Without keys, it waits until the scheduler has accepted all previous submissions.</remarks>
    /// <param name="keys">The keys.</param>
    /// <param name="hindrance">The reason why the client cannot recompute them.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The tasks, with one reference to each; tasks that the scheduler does not know are lost.</returns>
    public async Task<TaskEntry[]> HoldAsync(IReadOnlyList<string> keys, string hindrance, CancellationToken cancellationToken)
    {
        await _life.RunAsync(token => _room.WaitAsync(token), cancellationToken).ConfigureAwait(false);
        TaskOptions options = new();
        TaskEntry[] entries = new TaskEntry[keys.Count];
        TaskBatch batch;
        lock (_order)
        {
            _life.ThrowIfEnded();
            for (int i = 0; i < entries.Length; i++)
            {
                (entries[i], bool isNew) = Tasks.Acquire(new TaskCall(keys[i], [], []), options, null);
                entries[i].Hindrance = isNew ? new Hindrance(keys[i], hindrance) : entries[i].Hindrance;
            }

            TaskSpecification[] tasks = [.. entries.Where(static e => e.Sequence == long.MaxValue).Select(static e => new TaskSpecification(e, [], []))];
            batch = new TaskBatch(Nothing, options, null, tasks) { Held = keys };
            _outgoing.Writer.TryWrite(new Outgoing(batch, null, Counted: true));
        }

        try
        {
            await _life.RunAsync(token => batch.Confirmed.Task.WaitAsync(token), cancellationToken).ConfigureAwait(false);
            return entries;
        }
        catch
        {
            Array.ForEach(entries, Release);
            throw;
        }
    }

    /// <summary>Registers a listener for the output of a task's script; null removes it.</summary>
    public void Listen(string key, Action<ScriptOutput>? listener) => _events.Listen(key, listener);

    /// <summary>Releases one reference to a task; after the last one, the scheduler releases it.</summary>
    public void Release(TaskEntry entry)
    {
        // One order for all: a key that is let go of and wanted again at the same time is not released after it was submitted.
        lock (_order)
        {
            bool last = Tasks.Release(entry);
            if (entry.References == 0)
            {
                _resubmission.Release(entry);
            }

            if (last)
            {
                Forget(entry.Key);
            }
        }
    }

    /// <summary>Cancels a task unless it has ended.</summary>
    public void Cancel(TaskEntry entry)
    {
        lock (_order)
        {
            if (!entry.Final)
            {
                _resubmission.Drop(entry, "it was cancelled");
                Forget(entry.Key);
                entry.Set(DaskFutureStatus.Cancelled, "CancelAsync was called");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_order)
        {
            if (!_life.TryEnd())
            {
                return;
            }

            _outgoing.Writer.TryComplete();
        }

        // The session is ended in good order, over a new connection if need be, so that the scheduler need not keep its tasks.
        await Task.WhenAny(_running, Task.Delay(CloseLimit, _time)).ConfigureAwait(false);
        await _closing.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _closing.Dispose();
        _room.Dispose();
        foreach (TaskEntry entry in Tasks.Snapshot())
        {
            entry.Set(DaskFutureStatus.Lost, "the client was closed");
        }
    }

    /// <summary>Tells the scheduler to release a key.</summary>
    private void Forget(string key) => _outgoing.Writer.TryWrite(new Outgoing(null, key));

    private static string NewId() => "daskk8s-" + Guid.NewGuid().ToString("N");

    private async Task RunAsync(SchedulerConnection first)
    {
        SchedulerConnection? connection = first;
        while (connection is not null)
        {
            long served = _time.GetTimestamp();
            Exception? reason = await ServeAsync(connection).ConfigureAwait(false);
            if (_time.GetElapsedTime(served) >= SteadyAfter)
            {
                _lastSteady = _time.GetTimestamp();
                _pause = TimeSpan.Zero;
                _pauses.Reset();
            }

            connection = _events.Closed ? null : await ReattachAsync(reason).ConfigureAwait(false);
        }
    }

    /// <summary>Sends and receives until the connection breaks or the client is closed.</summary>
    /// <returns>The error that broke the connection.</returns>
    private async Task<Exception?> ServeAsync(SchedulerConnection connection)
    {
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token);
        Task receiving = ReceiveAsync(connection, ended.Token);
        Task sending = SendAsync(connection, ended.Token);
        Task done = await Task.WhenAny(receiving, sending).ConfigureAwait(false);
        if (sending.IsCompletedSuccessfully)
        {
            // All is said. A tunnel drops what it has not handed on yet when it is closed, so the answer is waited for.
            await receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await ended.CancelAsync().ConfigureAwait(false);
        Exception? reason = null;
        foreach (Task task in new[] { done, receiving, sending })
        {
            try
            {
                await task.ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // Whatever ended it, the answer is the same: a new connection.
                reason ??= e;
            }
        }

        if (!_life.HasEnded)
        {
            _logger.SessionDetached(Id, reason?.Message ?? string.Empty);
        }

        await connection.DisposeAsync().ConfigureAwait(false);
        return reason;
    }

    private async Task ReceiveAsync(SchedulerConnection connection, CancellationToken cancellationToken)
    {
        while (!_events.Closed)
        {
            DaskMessage message;
            using (TimeLimit limit = new(SilenceLimit, _time, cancellationToken))
            {
                message = await connection.ReceiveAsync(limit.Token).ConfigureAwait(false);
            }

            Msgpack.Decode(message, _events.Apply);
            _sent.Confirm(_events.Taken);
        }
    }

    private async Task SendAsync(SchedulerConnection connection, CancellationToken cancellationToken)
    {
        List<string> released = [];
        while (true)
        {
            await SendPlacedAsync(connection, cancellationToken).ConfigureAwait(false);
            if (!_outgoing.Reader.TryRead(out Outgoing next))
            {
                if (released.Count > 0)
                {
                    await connection.SendAsync([SessionMessages.Release(released)], cancellationToken).ConfigureAwait(false);
                    released.Clear();
                }
                else if (!await WaitAsync(connection, cancellationToken).ConfigureAwait(false))
                {
                    await connection.SendAsync([SessionMessages.Close], cancellationToken).ConfigureAwait(false);
                    return;
                }
            }
            else if (_heldBack?.Takes(next) == true)
            {
                // It goes once what it needs has gone.
            }
            else if (next.Released is not null)
            {
                // Keys that are let go of one after the other go in one message, in their place among the submissions.
                released.Add(next.Released);
            }
            else if (next.Batch is not null && !_life.HasEnded)
            {
                if (released.Count > 0)
                {
                    await connection.SendAsync([SessionMessages.Release(released)], cancellationToken).ConfigureAwait(false);
                    released.Clear();
                }

                await SendAsync(connection, next, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task SendAsync(SchedulerConnection connection, Outgoing next, CancellationToken cancellationToken)
    {
        TaskBatch batch = next.Batch!;
        byte[] message = SessionMessages.Submit(_sent.Number(batch), batch);
        if (next.Counted)
        {
            _room.Release();
        }

        batch.Sent = true;
        await connection.SendAsync([message], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits for messages to send, and sends keep-alive messages meanwhile.</summary>
    /// <returns>False if there will be no more messages.</returns>
    private async Task<bool> WaitAsync(SchedulerConnection connection, CancellationToken cancellationToken)
    {
        using TimeLimit limit = new(PingInterval, _time, cancellationToken);
        try
        {
            return await _outgoing.Reader.WaitToReadAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.Passed)
        {
            await connection.SendAsync([SessionMessages.Ping], cancellationToken).ConfigureAwait(false);
            return true;
        }
    }

    private async Task<SchedulerConnection?> ReattachAsync(Exception? reason)
    {
        while (true)
        {
            // A connection that breaks as soon as it is there is as good as none: the pause grows, and so does the time without one.
            if (reason is not null && (IsGone(reason) || _time.GetElapsedTime(_lastSteady) > _keep))
            {
                GiveUp(reason);
            }

            try
            {
                await Task.Delay(_pause, _time, _closing.Token).ConfigureAwait(false);
                _pause = _pauses.Next();
                SchedulerConnection? connection = await AttachAsync(resume: true, _closing.Token).ConfigureAwait(false);
                if (connection is null && !_life.HasEnded)
                {
                    Rescue("the scheduler restarted, or the client was away for longer than it keeps tasks");
                    Id = NewId();
                    connection = await AttachAsync(resume: false, _closing.Token).ConfigureAwait(false);
                }

                return connection;
            }
            catch (Exception) when (_closing.IsCancellationRequested)
            {
                return null;
            }
            catch (Exception e) when (!_closing.IsCancellationRequested)
            {
                // Whatever is in the way, this loop ends with the client only: all that waits for results depends on it.
                _logger.ReattachFailed(Id, e.Message);
                reason = e;
            }
        }
    }

    /// <summary>Marks all tasks as lost, including queued ones, because the scheduler has been gone for too long.</summary>
    /// <remarks>Called while there is no connection, so that the queue has no other reader.</remarks>
    private void GiveUp(Exception cause)
    {
        Rescue(cause);
        // The queue has no other reader, and nothing is held back for a scheduler that may never come.
        while ((_heldBack?.Messages.TryDequeue(out Outgoing next) == true) || _outgoing.Reader.TryRead(out next))
        {
            if (next.Batch is { } batch)
            {
                foreach (TaskSpecification task in batch.Tasks)
                {
                    task.Entry.Set(DaskFutureStatus.Lost, cause);
                }

                batch.Confirmed.TrySetResult();
                if (next.Counted)
                {
                    _room.Release();
                }
            }
        }
    }

    private static bool IsGone(Exception e) => e is SchedulerUnreachableException { IsGone: true };

    /// <summary>Connects to the session, and installs this library's module if the scheduler lacks it.</summary>
    /// <returns>The connection; null if there is no session to resume.</returns>
    private async Task<SchedulerConnection?> AttachAsync(bool resume, CancellationToken cancellationToken)
    {
        SchedulerConnection connection = await _rpc.OpenAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            using TimeLimit limit = new(_timeouts.Call, _time, cancellationToken);
            // Once a scheduler would do, but asking it for an operation that it lacks leaves a warning in its log.
            await SchedulerModule.Session.InstallAsync(_rpc, limit.Token).ConfigureAwait(false);
            await connection.SendAsync([SessionMessages.Attach(Id, Topic, _keep, resume)], limit.Token).ConfigureAwait(false);
            DaskMessage message = await connection.ReceiveAsync(limit.Token).ConfigureAwait(false);
            RpcReply.ThrowIfError(message, SchedulerModule.Session.Name, _rpc.Address);
            Dictionary<string, object?>? reply = MsgpackTree.Decode(message, FrameLimits.Default) as Dictionary<string, object?>;
            if (reply is null || reply.GetValueOrDefault("attached") is not true)
            {
                await connection.DisposeAsync().ConfigureAwait(false);
                return null;
            }

            long taken = reply.GetValueOrDefault("sequence") is long sequence ? sequence : 0;
            await CatchUpAsync(connection, taken, cancellationToken).ConfigureAwait(false);
            _logger.SessionAttached(Id, _rpc.Address);
            return connection;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw new SchedulerTimeoutException(_rpc.Address, "attach", _timeouts.Call);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Requests the current states of tasks, and sends messages that had not arrived.</summary>
    private async Task CatchUpAsync(SchedulerConnection connection, long taken, CancellationToken cancellationToken)
    {
        // What became of these is asked for below; their confirmation went with the old connection.
        _sent.Confirm(taken);
        (long Sequence, TaskBatch Batch)[] again = _sent.Snapshot();

        string[] keys = [.. Tasks.Snapshot()
            .Where(t => t.Sequence <= taken && t.Status is DaskFutureStatus.Pending or DaskFutureStatus.NoWorker)
            .Select(t => t.Key)];
        if (keys.Length > 0)
        {
            await SendWithinAsync(SessionMessages.States(keys)).ConfigureAwait(false);
        }

        foreach ((long sequence, TaskBatch batch) in again)
        {
            batch.Sent = true;
            await SendWithinAsync(SessionMessages.Submit(sequence, batch)).ConfigureAwait(false);
        }

        // It may be all that this client has submitted: each message has the time of a call.
        async Task SendWithinAsync(byte[] message)
        {
            using TimeLimit limit = new(_timeouts.Call, _time, cancellationToken);
            await connection.SendAsync([message], limit.Token).ConfigureAwait(false);
        }
    }
}
