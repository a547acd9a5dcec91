using DaskK8s.PortForwarding.Spdy;
using DaskK8s.PortForwarding.Tunnels;

namespace DaskK8s.PortForwarding;

/// <summary>The session that a new connection gets.</summary>
/// <param name="Session">The session, or null.</param>
/// <param name="Lane">What is waited for before the next choice, or null.</param>
/// <param name="Left">A session that is to be left, or null.</param>
internal readonly record struct SessionChoice(SpdySession? Session, Task? Lane, SpdySession? Left)
{
    private static readonly Task Never = new TaskCompletionSource().Task;

    /// <summary>Picks the session for a new connection.</summary>
    /// <param name="sessions">The sessions that there are.</param>
    /// <param name="connecting">The connections that wait for sessions on their way.</param>
    /// <param name="coming">A session on its way to the pod, or null.</param>
    /// <param name="target">The pod.</param>
    /// <param name="options">The limits.</param>
    /// <param name="mayWait">Whether a lane may be waited for.</param>
    /// <param name="mayCrowd">Whether a full session may be shared.</param>
    /// <returns>The choice; neither a session nor a lane where one more session is to be opened.</returns>
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
