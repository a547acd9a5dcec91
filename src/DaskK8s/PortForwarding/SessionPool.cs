using DaskK8s.PortForwarding.Spdy;
using DaskK8s.PortForwarding.Tunnels;

namespace DaskK8s.PortForwarding;

/// <summary>
/// Distributes connections among sessions so that a stalled reader blocks few others: each session gets few connections while
/// more sessions are allowed; a blocked or possibly dead session gets no new ones.
/// </summary>
internal sealed class SessionPool : IAsyncDisposable
{
    /// <summary>The time limit for the server's response, when it is awaited.</summary>
    private static readonly TimeSpan ConfirmTime = TimeSpan.FromSeconds(2);

    /// <summary>The period of silence after which a session may have died unnoticed, so that its response is awaited.</summary>
    private static readonly TimeSpan FreshTime = TimeSpan.FromSeconds(0.5);

    /// <summary>The time to wait for a lane that is about to become free before another session is opened.</summary>
    private static readonly TimeSpan LaneTime = TimeSpan.FromMilliseconds(50);

    /// <summary>The time a connection waits, while all sessions are full, before it shares one.</summary>
    private static readonly TimeSpan BurstTime = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly List<SpdySession> _sessions = [];
    private readonly List<Connecting> _connecting = [];
    private readonly TransportNegotiator _transports;
    private readonly Action<SpdySession> _onEnded;
    private readonly TunnelOptions _options;
    private readonly TimeProvider _time;

    /// <summary>Cancels pending opens when the tunnel closes; never disposed, because late work still uses it.</summary>
#pragma warning disable CA2213 // Without a timer it holds nothing.
    private readonly CancellationTokenSource _closing = new();
#pragma warning restore CA2213
    private readonly ITimer _sweeping;
    private readonly Dictionary<SpdySession, long> _idleSince = [];
    private bool _disposed;

    /// <summary>Creates an empty pool.</summary>
    /// <param name="transports">Opens sessions, or single connections if the server supports no sessions.</param>
    /// <param name="onEnded">Called for each session that ended by itself.</param>
    /// <param name="options">The limits.</param>
    /// <param name="time">The clock.</param>
    public SessionPool(TransportNegotiator transports, Action<SpdySession> onEnded, TunnelOptions options, TimeProvider time)
    {
        _transports = transports;
        _onEnded = onEnded;
        _options = options;
        _time = time;
        TimeSpan period = _options.SessionIdleTimeout / 2;
        _sweeping = _time.CreateTimer(static state => ((SessionPool)state!).Sweep(), this, period, period);
    }

    /// <summary>Gets the number of sessions.</summary>
    public int Sessions
    {
        get
        {
            lock (_gate)
            {
                return _sessions.Count;
            }
        }
    }

    /// <summary>Opens a connection to a pod.</summary>
    /// <param name="target">The pod.</param>
    /// <param name="port">The port inside the pod.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="DaskK8sException">The server rejected the connection.</exception>
    public async ValueTask<TunnelStream> OpenAsync(PodTarget target, int port, CancellationToken cancellationToken)
    {
        int waited = 0;
        long began = _time.GetTimestamp();
        while (true)
        {
            Connecting? pending = null;
            SpdySession? session;
            SpdyStream? stream = null;
            Task? lane;
            bool mustFlush = false;
            bool mustConfirm = false;
            SpdySession? left;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                SessionChoice choice = SessionChoice.Of(
                    _sessions,
                    _connecting.Sum(static c => c.Waiting),
                    _connecting.Find(c => c.Target == target)?.Task,
                    target,
                    _options,
                    mayWait: waited == 0,
                    mayCrowd: _time.GetElapsedTime(began) > BurstTime);
                session = choice.Session;
                lane = choice.Lane;
                left = choice.Left;
                if (session is null && lane is null)
                {
                    pending = Join(target, port);
                }
                else if (session is not null)
                {
                    mustConfirm = session.SilentFor > FreshTime || !session.HasFreeLane;
                    stream = session.TryOpen(port, out mustFlush);
                    if (stream is null)
                    {
                        // Ended, or stuck, in this moment: the next choice does without it.
                        left = session;
                    }
                }
            }

            left?.Leave();
            if (mustFlush)
            {
                session!.Flush();
            }

            if (stream is not null && (!mustConfirm || await ConfirmAsync(session!, stream, _time, cancellationToken).ConfigureAwait(false)))
            {
                return stream;
            }

            if (lane is not null)
            {
                waited++;
                await Task.WhenAny(lane, Task.Delay(LaneTime, _time, cancellationToken)).ConfigureAwait(false);
                continue;
            }

            waited = 0;
            if (pending is not null && await WaitAsync(pending, cancellationToken).ConfigureAwait(false) is { } single)
            {
                return single;
            }
        }
    }

    /// <summary>Ensures that a session to a pod exists before it is needed.</summary>
    /// <param name="target">The pod.</param>
    /// <param name="port">A port that is likely to be used.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task that completes when a session is open, or when the server supports none.</returns>
    /// <exception cref="DaskK8sException">The server rejected the connection.</exception>
    public async Task WarmAsync(PodTarget target, int port, CancellationToken cancellationToken)
    {
        Connecting pending;
        lock (_gate)
        {
            if (_disposed || _sessions.Exists(s => s.Target == target && s.IsUsable))
            {
                return;
            }

            pending = Join(target, port);
        }

        if (await WaitAsync(pending, cancellationToken).ConfigureAwait(false) is { } single)
        {
            await single.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Ends the sessions to a deleted pod.</summary>
    /// <param name="uid">The pod's UID.</param>
    /// <returns>The number of sessions that were ended.</returns>
    public int Abandon(string uid)
    {
        SpdySession[] gone;
        lock (_gate)
        {
            gone = [.. _sessions.Where(s => s.Target.Uid == uid)];
        }

        foreach (SpdySession session in gone)
        {
            session.Abort(new EndOfStreamException("the pod is gone."));
        }

        return gone.Length;
    }

    public async ValueTask DisposeAsync()
    {
        SpdySession[] last;
        lock (_gate)
        {
            _disposed = true;
            last = [.. _sessions];
            _sessions.Clear();
        }

        await _closing.CancelAsync().ConfigureAwait(false);
        await _sweeping.DisposeAsync().ConfigureAwait(false);
        foreach (SpdySession session in last)
        {
            await session.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Waits for the server's response: the session may have died unnoticed, or the server's worker for this
    /// connection may be stuck. Such a session gets no new connections.
    /// </summary>
    private static async Task<bool> ConfirmAsync(SpdySession session, SpdyStream stream, TimeProvider time, CancellationToken cancellationToken)
    {
        bool confirmed = false;
        try
        {
            await stream.ConfirmAsync(ConfirmTime, time, cancellationToken).ConfigureAwait(false);
            confirmed = true;
        }
        catch (TimeoutException)
        {
            session.Retire();
        }
        catch (PortForwardException)
        {
            // The session ended; it is not chosen again.
        }
        finally
        {
            if (!confirmed)
            {
                await stream.DisposeAsync().ConfigureAwait(false);
            }
        }

        return confirmed;
    }

    private Connecting Join(PodTarget target, int port)
    {
        int sharing = _transports.Agreed == PortForwardTransport.WebSocket ? 1 : _options.ConnectionsPerSession;
        Connecting? pending = _connecting.Find(c => c.Target == target && c.Waiting < sharing);
        if (pending is null)
        {
            pending = new Connecting(target);
            _connecting.Add(pending);
            pending.Task = Task.Run(() => ConnectAsync(pending, port));
        }

        pending.Waiting++;
        return pending;
    }

    private async Task<TunnelStream?> WaitAsync(Connecting pending, CancellationToken cancellationToken)
    {
        try
        {
            await pending.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            return Interlocked.Exchange(ref pending.Single, null);
        }
        catch (OperationCanceledException)
        {
            _ = DropAsync(pending);
            throw;
        }
    }

    /// <summary>Closes a single connection that no caller waits for any more.</summary>
    private async Task DropAsync(Connecting pending)
    {
        lock (_gate)
        {
            pending.Waiting--;
        }

        await pending.Task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (pending.Waiting == 0 && Interlocked.Exchange(ref pending.Single, null) is { } single)
        {
            await single.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Opens a session for all callers that wait for it; the session stays open if the first of them gives up.</summary>
    private async Task ConnectAsync(Connecting pending, int port)
    {
        try
        {
            (SpdySession? session, pending.Single) = await _transports.ConnectAsync(pending.Target, port, _closing.Token).ConfigureAwait(false);
            if (session is not null)
            {
                bool late;
                lock (_gate)
                {
                    late = _disposed;
                    if (!late)
                    {
                        _sessions.Add(session);
                    }
                }

                if (late)
                {
                    await session.DisposeAsync().ConfigureAwait(false);
                    return;
                }

                _ = WatchAsync(session);
            }
        }
        finally
        {
            lock (_gate)
            {
                _connecting.Remove(pending);
            }
        }
    }

    private async Task WatchAsync(SpdySession session)
    {
        await session.Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        bool ours;
        lock (_gate)
        {
            ours = _sessions.Remove(session);
            _idleSince.Remove(session);
        }

        await session.DisposeAsync().ConfigureAwait(false);
        if (ours)
        {
            _onEnded(session);
        }
    }

    /// <summary>Ends sessions that have been idle for a while or that exceed the limit after a burst; the last usable one remains.</summary>
    private void Sweep()
    {
        List<SpdySession> idle = [];
        lock (_gate)
        {
            int usable = _sessions.Count(static s => s.IsUsable);
            foreach (SpdySession session in _sessions.ToArray())
            {
                if (session.Connections > 0)
                {
                    _idleSince.Remove(session);
                    continue;
                }

                _idleSince.TryAdd(session, _time.GetTimestamp());
                bool isLong = _time.GetElapsedTime(_idleSince[session]) >= _options.SessionIdleTimeout / 2;
                if ((isLong || _sessions.Count > _options.MaxSessions) && (!session.IsUsable || usable > 1))
                {
                    usable -= session.IsUsable ? 1 : 0;
                    _sessions.Remove(session);
                    _idleSince.Remove(session);
                    idle.Add(session);
                }
            }
        }

        foreach (SpdySession session in idle)
        {
            // Nobody waits for it, and its end is logged by itself.
            _ = session.DisposeAsync().AsTask();
        }
    }

    private sealed class Connecting(PodTarget target)
    {
        public TunnelStream? Single;

        public PodTarget Target { get; } = target;

        public Task Task { get; set; } = Task.CompletedTask;

        public int Waiting { get; set; }
    }
}
