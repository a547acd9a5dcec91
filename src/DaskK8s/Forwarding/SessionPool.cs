using DaskK8s.Forwarding.Spdy;

namespace DaskK8s.Forwarding;

/// <summary>
/// Deals out connections among sessions so that a reader that stops holds up few others: a few connections to a session while
/// more sessions are allowed, none to a session that is held up, and never a new one to a session that may be dead.
/// </summary>
internal sealed class SessionPool : IAsyncDisposable
{
    private static readonly TimeSpan ConfirmTime = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private readonly List<SpdySession> sessions = [];
    private readonly List<Connecting> connecting = [];
    private readonly TransportNegotiator transports;
    private readonly Action<SpdySession> onEnded;
    private readonly TunnelOptions options;
    private readonly TimeProvider time;
    private readonly ITimer sweeping;
    private readonly Dictionary<SpdySession, long> idleSince = [];
    private bool disposed;

    /// <summary>Creates an empty pool.</summary>
    /// <param name="transports">Opens sessions, or single connections where the server offers no sessions.</param>
    /// <param name="onEnded">Told of each session that ended by itself.</param>
    /// <param name="options">The limits.</param>
    /// <param name="time">The clock.</param>
    public SessionPool(TransportNegotiator transports, Action<SpdySession> onEnded, TunnelOptions options, TimeProvider time)
    {
        this.transports = transports;
        this.onEnded = onEnded;
        this.options = options;
        this.time = time;
        TimeSpan period = options.SessionIdleTimeout / 2;
        sweeping = time.CreateTimer(static state => ((SessionPool)state!).Sweep(), this, period, period);
    }

    /// <summary>Gets how many sessions there are.</summary>
    public int Sessions
    {
        get
        {
            lock (gate)
            {
                return sessions.Count;
            }
        }
    }

    /// <summary>Opens a connection on a session that is there, has room and was heard of lately.</summary>
    /// <param name="target">The pod.</param>
    /// <param name="port">The port inside the pod.</param>
    /// <returns>The connection, or null when more is to be done first.</returns>
    public TunnelStream? TryOpen(PodTarget target, int port)
    {
        lock (gate)
        {
            return !disposed && Choose(target) is { IsFresh: true } session ? session.TryOpen(port) : null;
        }
    }

    /// <summary>Opens a connection to a pod.</summary>
    /// <param name="target">The pod.</param>
    /// <param name="port">The port inside the pod.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="DaskK8sException">The server refused.</exception>
    public async ValueTask<TunnelStream> OpenAsync(PodTarget target, int port, CancellationToken cancellationToken)
    {
        while (true)
        {
            Connecting? pending = null;
            SpdySession? session;
            SpdyStream? stream = null;
            lock (gate)
            {
                ObjectDisposedException.ThrowIf(disposed, this);
                session = Choose(target);
                if (session is null)
                {
                    pending = Join(target, port);
                }
                else
                {
                    stream = session.TryOpen(port);
                    if (stream is null)
                    {
                        // Ended in this moment: the next choice does without it.
                        sessions.Remove(session);
                    }
                }
            }

            if (stream is not null && (session!.IsFresh || await ConfirmAsync(session, stream, cancellationToken).ConfigureAwait(false)))
            {
                return stream;
            }

            if (pending is not null && await WaitAsync(pending, cancellationToken).ConfigureAwait(false) is { } single)
            {
                return single;
            }
        }
    }

    /// <summary>Makes sure that a session to a pod is there before it is needed.</summary>
    /// <param name="target">The pod.</param>
    /// <param name="port">A port that is likely to be used.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A task that ends when there is one, or when the server offers none.</returns>
    /// <exception cref="DaskK8sException">The server refused.</exception>
    public async Task WarmAsync(PodTarget target, int port, CancellationToken cancellationToken)
    {
        Connecting pending;
        lock (gate)
        {
            if (disposed || sessions.Exists(s => s.Target == target && s.IsUsable))
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

    /// <summary>Ends the sessions to a pod that is gone.</summary>
    /// <param name="uid">The pod's uid.</param>
    /// <returns>How many sessions were ended.</returns>
    public int Abandon(string uid)
    {
        SpdySession[] gone;
        lock (gate)
        {
            gone = [.. sessions.Where(s => s.Target.Uid == uid)];
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
        lock (gate)
        {
            disposed = true;
            last = [.. sessions];
            sessions.Clear();
        }

        await sweeping.DisposeAsync().ConfigureAwait(false);
        foreach (SpdySession session in last)
        {
            await session.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Picks the session for a new connection; null when one more session is to be opened.</summary>
    private SpdySession? Choose(PodTarget target)
    {
        SpdySession? best = null;
        SpdySession? held = null;
        int count = 0;
        foreach (SpdySession session in sessions)
        {
            if (session.Target != target || !session.IsUsable)
            {
                continue;
            }

            count++;
            if (session.IsStalled)
            {
                held = held is null || session.Connections < held.Connections ? session : held;
            }
            else
            {
                best = best is null || session.Connections < best.Connections ? session : best;
            }
        }

        bool full = count + connecting.Count >= options.MaxSessions;
        return best is not null && (best.Connections < options.ConnectionsPerSession || full) ? best
            : full ? best ?? held
            : null;
    }

    /// <summary>
    /// Waits for the server's answer on a session that was silent for a while: it may have died unnoticed, and what is written to
    /// it must not be lost with it.
    /// </summary>
    private async Task<bool> ConfirmAsync(SpdySession session, SpdyStream stream, CancellationToken cancellationToken)
    {
        bool confirmed = false;
        try
        {
            await stream.ConfirmAsync(ConfirmTime, time, cancellationToken).ConfigureAwait(false);
            confirmed = true;
        }
        catch (TimeoutException)
        {
            session.Distrust();
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
        int sharing = transports.Agreed == PortForwardTransport.WebSocket ? 1 : options.ConnectionsPerSession;
        Connecting? pending = connecting.Find(c => c.Target == target && c.Waiting < sharing);
        if (pending is null)
        {
            pending = new Connecting(target);
            connecting.Add(pending);
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

    /// <summary>Closes a single connection that nobody waits for any more.</summary>
    private async Task DropAsync(Connecting pending)
    {
        lock (gate)
        {
            pending.Waiting--;
        }

        await pending.Task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (pending.Waiting == 0 && Interlocked.Exchange(ref pending.Single, null) is { } single)
        {
            await single.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Opens a session for everyone who waits for it; the first of them to give up does not end it.</summary>
    private async Task ConnectAsync(Connecting pending, int port)
    {
        try
        {
            (SpdySession? session, pending.Single) = await transports.ConnectAsync(pending.Target, port, CancellationToken.None).ConfigureAwait(false);
            if (session is not null)
            {
                bool late;
                lock (gate)
                {
                    late = disposed;
                    if (!late)
                    {
                        sessions.Add(session);
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
            lock (gate)
            {
                connecting.Remove(pending);
            }
        }
    }

    private async Task WatchAsync(SpdySession session)
    {
        await session.Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        bool ours;
        lock (gate)
        {
            ours = sessions.Remove(session);
            idleSince.Remove(session);
        }

        await session.DisposeAsync().ConfigureAwait(false);
        if (ours)
        {
            onEnded(session);
        }
    }

    /// <summary>Ends sessions that nobody has used for a while; the last usable one stays.</summary>
    private void Sweep()
    {
        List<SpdySession> idle = [];
        lock (gate)
        {
            int usable = sessions.Count(static s => s.IsUsable);
            foreach (SpdySession session in sessions.ToArray())
            {
                if (session.Connections > 0)
                {
                    idleSince.Remove(session);
                }
                else if (!idleSince.TryGetValue(session, out long since))
                {
                    idleSince[session] = time.GetTimestamp();
                }
                else if (time.GetElapsedTime(since) >= options.SessionIdleTimeout / 2 && (!session.IsUsable || usable > 1))
                {
                    usable -= session.IsUsable ? 1 : 0;
                    sessions.Remove(session);
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
