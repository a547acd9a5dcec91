using DaskK8s.PortForwarding.Tunnels;

namespace DaskK8s.PortForwarding.Spdy;

/// <content>Tracks the lanes: the assignment of the server's workers, and which of them no longer answer.</content>
internal sealed partial class SpdySession
{
    /// <summary>The maximum number of unanswered pings per worker; its queue holds 50 frames, and the server stops reading when it is full.</summary>
    private const int LongestPingBacklog = 30;

    /// <summary>The maximum time that a lane is checked before the session is abandoned: the lane's worker in the server stays stuck.</summary>
    private static readonly TimeSpan StuckTime = TimeSpan.FromSeconds(2);

    /// <summary>The maximum time that a lane can be silent before a session without other lanes is abandoned.</summary>
    private static readonly TimeSpan SoundTime = TimeSpan.FromSeconds(1);

    /// <summary>The maximum time since a lane was released for its reply to be worth waiting for.</summary>
    private static readonly TimeSpan AnswerTime = TimeSpan.FromMilliseconds(100);

    private readonly SpdyLanes _lanes = new();
    private TaskCompletionSource? _laneFreed;

    /// <summary>Gets whether a new connection would get its own worker in the server without waiting.</summary>
    public bool HasFreeLane
    {
        get
        {
            lock (_opening)
            {
                return _lanes.HasFree;
            }
        }
    }

    /// <summary>Gets whether every released lane has answered, or can still be expected to.</summary>
    public bool IsSound => _reader.Stalling is not null || CheckingFor <= SoundTime;

    /// <summary>Gets how long a lane has been waiting for its worker's reply.</summary>
    private TimeSpan CheckingFor
    {
        get
        {
            lock (_opening)
            {
                return _lanes.CheckingSince() is { } since ? _time.GetElapsedTime(since) : TimeSpan.Zero;
            }
        }
    }

    /// <summary>Returns a task that completes when a recently released lane turns out to be free.</summary>
    /// <returns>The task; null if no such reply is pending.</returns>
    public Task? LaneFreedAsync()
    {
        lock (_opening)
        {
            if (_lanes.CheckingSince() is not { } since || _time.GetElapsedTime(since) > AnswerTime)
            {
                return null;
            }

            _laneFreed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _laneFreed.Task;
        }
    }

    /// <summary>Pings each of the server's workers, so that a blocked one does not hide the others.</summary>
    /// <returns>False if no ping was sent because too many were unanswered.</returns>
    internal bool Ping()
    {
        lock (_opening)
        {
            if (_lanes.LongestBacklog >= LongestPingBacklog)
            {
                return false;
            }
        }

        Ping(SpdyLanes.Workers);
        return true;
    }

    /// <summary>Abandons a session with a stuck worker, and ends connections that the server does not answer.</summary>
    /// <param name="answerLimit">The time limit for a reply.</param>
    internal void LookForStuck(TimeSpan answerLimit)
    {
        if (_reader.Stalling is not null)
        {
            // Nothing is read here, so no answer can be seen.
            return;
        }

        SpdyStream[] open;
        lock (_gate)
        {
            open = [.. _streams.Values.Distinct()];
        }

        SpdyStream[] unanswered;
        lock (_opening)
        {
            // Where a lane had to be shared, what one connection left in it can hold up the others for good.
            unanswered = [.. open.Where(s => s.IsAnswered
                ? _lanes.LaneCheckingSince(s.DataId) is { } since && _time.GetElapsedTime(since) > _options.StallLimit
                : _time.GetElapsedTime(s.OpenedAt) > answerLimit)];
        }

        foreach (SpdyStream stream in unanswered)
        {
            Forget(stream, reset: true);
            stream.Lose(PortForwardErrors.Lost(Target, stream.Port, new TimeoutException("the server did not answer.")));
        }

        if (unanswered.Length > 0 || CheckingFor > StuckTime)
        {
            Leave();
        }
    }

    /// <summary>Retires the session because part of the server's side is stuck.</summary>
    internal void Leave()
    {
        if (_leaving)
        {
            return;
        }

        ForwardingLog.SessionLeft(_logger, Kind, Target, Connections);
        Retire();
    }

    private static int WritePings(byte[] buffer, int at, SpdyLanes lanes, int pings)
    {
        int count = 0;
        for (int i = 0; i < pings; i++)
        {
            count += SpdyEncoder.WritePing(buffer.AsSpan(at + count), lanes.NextPing());
        }

        return count;
    }

    private void Ping(int count)
    {
        bool mustFlush;
        lock (_opening)
        {
            mustFlush = Output.AppendControl(
                count * SpdyEncoder.ShortFrameSize,
                (Lanes: _lanes, Count: count),
                static (buffer, at, pings, _) => WritePings(buffer, at, pings.Lanes, pings.Count));
        }

        if (mustFlush)
        {
            Output.Flush();
        }
    }

    private void OnPong(int id)
    {
        int pings;
        lock (_opening)
        {
            pings = _lanes.OnPong(id, _time.GetTimestamp());
            if (_lanes.HasFree)
            {
                _laneFreed?.TrySetResult();
                _laneFreed = null;
            }
        }

        if (pings > 0)
        {
            Ping(pings);
        }
    }
}
