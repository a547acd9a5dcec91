namespace DaskK8s.Forwarding.Spdy;

/// <summary>
/// Asks a silent session for a sign of life, which also keeps proxies from cutting it, and ends it when none comes.
/// </summary>
/// <remarks>
/// A server answers pings in the same five workers that hand data to pods, so a pod that does not read can hold answers up.
/// While something that was sent may be held up so, a session without answers is only avoided, and ended much later.
/// </remarks>
internal sealed class SpdyKeepAlive : IDisposable
{
    /// <summary>The workers of a server's SPDY connection, among which pings are dealt out in turn.</summary>
    private const int Workers = 5;

    /// <summary>How much longer an answer may take where a pod that does not read may hold it up.</summary>
    private const int Patience = 12;

    private readonly SpdySession session;
    private readonly TunnelOptions options;
    private readonly TimeProvider time;
    private readonly TimeSpan tick;
    private readonly ITimer timer;
    private long lastReceived;
    private long lastAsked;
    private DateTimeOffset lastTick;
    private volatile bool suspect;

    /// <summary>Creates the keep-alive; it does nothing yet.</summary>
    /// <param name="session">The session to watch.</param>
    /// <param name="options">The limits.</param>
    /// <param name="time">The clock.</param>
    public SpdyKeepAlive(SpdySession session, TunnelOptions options, TimeProvider time)
    {
        this.session = session;
        this.options = options;
        this.time = time;
        tick = TimeSpan.FromTicks(Math.Min(options.KeepAliveInterval.Ticks, options.KeepAliveTimeout.Ticks) / 2);
        timer = time.CreateTimer(static state => ((SpdyKeepAlive)state!).OnTick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        lastReceived = time.GetTimestamp();
        lastTick = time.GetUtcNow();
    }

    /// <summary>Gets whether the session may be dead: asked and not answered, or this machine slept since.</summary>
    public bool IsSuspect
    {
        get
        {
            // Monotonic clocks stand still while a machine sleeps; the wall clock does not.
            if (!suspect && time.GetUtcNow() - lastTick > 4 * tick)
            {
                Suspect();
            }

            return suspect;
        }
    }

    /// <summary>Gets how long nothing has come.</summary>
    public TimeSpan SilentFor => time.GetElapsedTime(Volatile.Read(ref lastReceived));

    /// <summary>Gives the session up for new connections until something comes.</summary>
    public void Distrust() => suspect = true;

    /// <summary>Starts the watch.</summary>
    public void Start() => timer.Change(tick, tick);

    /// <summary>Is told that something came.</summary>
    public void OnReceived()
    {
        Volatile.Write(ref lastReceived, time.GetTimestamp());
        if (suspect || lastAsked != 0)
        {
            Volatile.Write(ref lastAsked, 0);
            suspect = false;
            lastTick = time.GetUtcNow();
        }
    }

    public void Dispose() => timer.Dispose();

    private void OnTick()
    {
        DateTimeOffset now = time.GetUtcNow();
        bool slept = now - lastTick > 4 * tick;
        lastTick = now;
        if (slept)
        {
            Suspect();
            return;
        }

        if (session.StalledFor > options.StallLimit)
        {
            session.DropStalling();
        }

        if (session.StalledFor > TimeSpan.Zero || SilentFor < options.KeepAliveInterval)
        {
            // While nothing is read here, silence says nothing about the peer.
            return;
        }

        long asked = Volatile.Read(ref lastAsked);
        if (asked == 0)
        {
            Volatile.Write(ref lastAsked, time.GetTimestamp());
            session.Ping(Workers);
            return;
        }

        TimeSpan waited = time.GetElapsedTime(asked);
        if (waited < options.KeepAliveTimeout)
        {
            return;
        }

        suspect = true;
        if (!session.AwaitsPeer || session.Connections == 0 || waited > Patience * options.KeepAliveTimeout)
        {
            session.Abort(new TimeoutException($"nothing came for {SilentFor.TotalSeconds:0} s, nor answers to pings."));
        }
    }

    private void Suspect()
    {
        suspect = true;
        lastTick = time.GetUtcNow();
        Volatile.Write(ref lastAsked, time.GetTimestamp());
        session.Ping(Workers);
    }
}
