using DaskK8s.PortForwarding.Tunnels;

namespace DaskK8s.PortForwarding.Spdy;

/// <summary>
/// Pings a silent session, which also keeps proxies from closing it, and ends the session if there is no reply.
/// </summary>
/// <remarks>
/// A server answers pings in the same five workers that deliver data to pods, so a pod that does not read can delay the replies.
/// If sent data may be blocked in this way, a session without replies gets no new connections, and is ended much later.
/// </remarks>
internal sealed class SpdyKeepAlive : IDisposable
{
    /// <summary>The factor for the reply's time limit if a pod that does not read may delay it.</summary>
    private const int Patience = 12;

    private readonly SpdySession _session;
    private readonly TunnelOptions _options;
    private readonly TimeProvider _time;
    private readonly TimeSpan _tick;
    private readonly ITimer _timer;
    private long _lastReceived;
    private long _lastAsked;
    private DateTimeOffset _lastTick;
    private volatile bool _suspect;

    /// <summary>Creates the keep-alive, not started yet.</summary>
    /// <param name="session">The session to monitor.</param>
    /// <param name="options">The limits.</param>
    /// <param name="time">The clock.</param>
    public SpdyKeepAlive(SpdySession session, TunnelOptions options, TimeProvider time)
    {
        _session = session;
        _options = options;
        _time = time;
        _tick = TimeSpan.FromTicks(Math.Min(_options.KeepAliveInterval.Ticks, _options.KeepAliveTimeout.Ticks) / 2);
        _timer = _time.CreateTimer(static state => ((SpdyKeepAlive)state!).OnTick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _lastReceived = _time.GetTimestamp();
        _lastTick = _time.GetUtcNow();
    }

    /// <summary>Gets whether the session may be dead: a ping is unanswered, or this machine was suspended since.</summary>
    public bool IsSuspect
    {
        get
        {
            // Monotonic clocks stand still while a machine sleeps; the wall clock does not.
            if (!_suspect && _time.GetUtcNow() - _lastTick > 4 * _tick)
            {
                Suspect();
            }

            return _suspect;
        }
    }

    /// <summary>Gets the time since the last data arrived.</summary>
    public TimeSpan SilentFor => _time.GetElapsedTime(Volatile.Read(ref _lastReceived));

    /// <summary>Starts monitoring.</summary>
    public void Start() => _timer.Change(_tick, _tick);

    /// <summary>Records that data arrived.</summary>
    public void OnReceived()
    {
        Volatile.Write(ref _lastReceived, _time.GetTimestamp());
        if (_suspect || _lastAsked != 0)
        {
            Volatile.Write(ref _lastAsked, 0);
            _suspect = false;
            _lastTick = _time.GetUtcNow();
        }
    }

    public void Dispose() => _timer.Dispose();

    private void OnTick()
    {
        DateTimeOffset now = _time.GetUtcNow();
        bool slept = now - _lastTick > 4 * _tick;
        _lastTick = now;
        if (slept)
        {
            Suspect();
            return;
        }

        if (_session.StalledFor > _options.StallLimit)
        {
            _session.DropStalling();
        }

        _session.LookForStuck(_options.KeepAliveTimeout);
        if (_session.StalledFor > TimeSpan.Zero || SilentFor < _options.KeepAliveInterval)
        {
            // While nothing is read here, silence says nothing about the peer.
            return;
        }

        long asked = Volatile.Read(ref _lastAsked);
        if (asked == 0)
        {
            // Noted first: the answer may be here before the call returns.
            Volatile.Write(ref _lastAsked, _time.GetTimestamp());
            if (!_session.Ping())
            {
                Volatile.Write(ref _lastAsked, 0);
            }

            return;
        }

        TimeSpan waited = _time.GetElapsedTime(asked);
        if (waited < _options.KeepAliveTimeout)
        {
            return;
        }

        _suspect = true;
        if (!_session.AwaitsPeer || _session.Connections == 0 || waited > Patience * _options.KeepAliveTimeout)
        {
            _session.Abort(new TimeoutException($"nothing was received for {SilentFor.TotalSeconds:0} s, not even answers to pings."));
        }
    }

    private void Suspect()
    {
        _suspect = true;
        _lastTick = _time.GetUtcNow();
        Volatile.Write(ref _lastAsked, _time.GetTimestamp());
        _session.Ping();
    }
}
