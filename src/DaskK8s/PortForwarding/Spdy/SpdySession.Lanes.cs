using DaskK8s.PortForwarding.Tunnels;

namespace DaskK8s.PortForwarding.Spdy;

/// <content>Keeps the lanes: who may use which of the server's workers, and which of them no longer answers.</content>
internal sealed partial class SpdySession
{
    /// <summary>How many pings a worker may have to answer; its queue has room for 50 frames, and the server stops reading when it is full.</summary>
    private const int LongestPingBacklog = 30;

    /// <summary>How long a lane may be asked about before the session is left: with the lane its worker in the server stays stuck.</summary>
    private static readonly TimeSpan StuckTime = TimeSpan.FromSeconds(2);

    /// <summary>How long a lane may be silent before a session that has no other is left.</summary>
    private static readonly TimeSpan SoundTime = TimeSpan.FromSeconds(1);

    /// <summary>How long ago a lane may have been left for its answer to be worth a wait.</summary>
    private static readonly TimeSpan AnswerTime = TimeSpan.FromMilliseconds(100);

    private readonly SpdyLanes _lanes = new();
    private TaskCompletionSource? _laneFreed;

    /// <summary>Gets whether a new connection would share its worker in the server with nobody, and not wait for it.</summary>
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

    /// <summary>Gets whether every lane that was left has answered, or can still be expected to.</summary>
    public bool IsSound => _reader.Stalling is not null || CheckingFor <= SoundTime;

    /// <summary>Gets for how long a lane has been waiting for its worker's answer.</summary>
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

    /// <summary>Returns a task that ends when a lane that was left a moment ago turns out free.</summary>
    /// <returns>The task; null when no such answer is under way.</returns>
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

    /// <summary>Sends a ping to each of the server's workers, so that one that is held up does not hide the others.</summary>
    /// <returns>False when so many were not answered that none was sent.</returns>
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

    /// <summary>Leaves a session with a stuck worker, and ends connections that the server does not answer.</summary>
    /// <param name="answerLimit">How long an answer may take.</param>
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

    /// <summary>Retires the session because a part of the server's side of it is stuck.</summary>
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
