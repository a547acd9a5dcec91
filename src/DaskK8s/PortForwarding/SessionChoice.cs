using DaskK8s.PortForwarding.Spdy;
using DaskK8s.PortForwarding.Tunnels;

namespace DaskK8s.PortForwarding;

/// <summary>The choice of a session for a new connection.</summary>
/// <param name="Session">The session, or null.</param>
/// <param name="Lane">The event to wait for before the next choice, or null.</param>
/// <param name="Left">A session to leave, or null.</param>
internal readonly record struct SessionChoice(SpdySession? Session, Task? Lane, SpdySession? Left)
{
    private static readonly Task Never = new TaskCompletionSource().Task;

    /// <summary>Picks the session for a new connection.</summary>
    /// <param name="sessions">The open sessions.</param>
    /// <param name="connecting">The number of connections that wait for a starting session.</param>
    /// <param name="coming">A session to the pod that is starting, or null.</param>
    /// <param name="target">The pod.</param>
    /// <param name="options">The limits.</param>
    /// <param name="mayWait">Whether to wait for a free lane.</param>
    /// <param name="mayCrowd">Whether to share a full session.</param>
    /// <returns>The choice; neither a session nor a lane if another session should be opened.</returns>
    public static SessionChoice Of(
        IReadOnlyList<SpdySession> sessions, int connecting, Task? coming, PodTarget target, TunnelOptions options, bool mayWait, bool mayCrowd)
    {
        SpdySession? left = null;
        Task? lane = null;
        SpdySession? best = null;
        SpdySession? shared = null;
        SpdySession? held = null;
        int open = connecting;
        foreach (SpdySession session in sessions)
        {
            if (session.Target != target || !session.IsUsable)
            {
                continue;
            }

            open += session.Connections;
            if (session.IsStalled)
            {
                held = Lighter(held, session);
            }
            else if (session.Connections < options.ConnectionsPerSession && session.HasFreeLane)
            {
                best = Lighter(best, session);
            }
            else if (!session.IsSound && !session.HasFreeLane)
            {
                left = session;
            }
            else
            {
                shared = Lighter(shared, session);
                lane ??= mayWait && session.Connections < options.ConnectionsPerSession ? session.LaneFreedAsync() : null;
            }
        }

        if (best is not null || lane is not null)
        {
            return new SessionChoice(best, best is null ? lane : null, left);
        }

        // Counted in connections: sessions that have lost lanes to what pods never read must not keep others from being opened.
        if (open < options.MaxSessions * options.ConnectionsPerSession)
        {
            return new SessionChoice(null, null, left);
        }

        // Connections that share a worker of the server can hold each other up, so a burst first waits for sessions that are on their
        // way and for connections that end.
        SpdySession? crowded = shared ?? held;
        lane = crowded is null || mayCrowd ? null : coming ?? Never;
        return new SessionChoice(lane is null ? crowded : null, lane, left);
    }

    private static SpdySession Lighter(SpdySession? one, SpdySession other) => one is null || other.Connections < one.Connections ? other : one;
}
