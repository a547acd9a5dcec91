namespace DaskK8s.PortForwarding.Spdy;

/// <summary>
/// Deals out stream ids so that no connection can be served by a worker of the server that another one has left stuck. Not safe
/// for threads: the session's lock guards it.
/// </summary>
/// <remarks>
/// moby/spdystream, the SPDY of kubelets and of containerd, hands a session's frames to five workers by stream id modulo five. A
/// worker that has data for a connection that nobody reads any more (the pod refused or closed it) waits for good: not even a reset
/// gets past it, as that queues behind the data. So each connection's data has a worker of its own (a lane), the error streams,
/// which carry nothing upwards, share the fifth, and a lane that was used is used again only after its worker has answered a
/// ping. Pings are dealt out among the workers in turn, so the count of pings tells which worker answers which.
/// </remarks>
internal sealed class SpdyLanes
{
    /// <summary>How many workers a server's session has.</summary>
    public const int Workers = 5;

    /// <summary>How many connections can have a worker of their own.</summary>
    public const int Count = 4;

    /// <summary>
    /// How many pings one worker may leave unanswered: its queue holds 50 frames, and the server stops reading when it is full.
    /// </summary>
    private const int MostUnanswered = 16;

    /// <summary>What data ids end in, by lane: odd, as a client's are, and of the lane's residue modulo five.</summary>
    private static readonly int[] LastDigits = [5, 1, 7, 3];

    /// <summary>What error ids end in: the residue that is left.</summary>
    private const int ErrorDigit = 9;

    private readonly int[] _users = new int[Count];
    private readonly Check[] _checks = new Check[Count];
    private readonly int[] _asked = [-5, -4, -3, -2, -1];
    private readonly int[] _answered = [-5, -4, -3, -2, -1];
    private int _pings;
    private int _next;

    /// <summary>Gets whether a worker has left so many pings unanswered that no more connections should come.</summary>
    public bool IsStuck => LongestBacklog >= MostUnanswered;

    /// <summary>Gets whether a connection can have a worker that serves nobody else and is known to be free.</summary>
    public bool HasFree => Find(0) >= 0;

    /// <summary>Gets the most pings that one worker has left unanswered.</summary>
    public int LongestBacklog
    {
        get
        {
            int longest = 0;
            for (int worker = 0; worker < Workers; worker++)
            {
                longest = Math.Max(longest, (_asked[worker] - _answered[worker]) / Workers);
            }

            return longest;
        }
    }

    /// <summary>Returns the ids for a new connection on the freest lane.</summary>
    /// <returns>The id of the error stream and the higher one of the data stream.</returns>
    public (int ErrorId, int DataId) Take()
    {
        int lane = Find(0);
        for (int users = 1; lane < 0 && users <= _users.Max(); users++)
        {
            // None is free: rather share a lane in use than wait behind what may be stuck.
            lane = Find(users);
        }

        lane = lane < 0 ? Array.IndexOf(_users, _users.Min()) : lane;
        _users[lane]++;
        int tens = 10 * _next++;
        return (tens + ErrorDigit, tens + 10 + LastDigits[lane]);
    }

    /// <summary>Takes a connection off its lane.</summary>
    /// <param name="dataId">The connection's data stream.</param>
    /// <param name="wasWritten">Whether anything was sent in it, and may wait for a reader.</param>
    /// <param name="now">The time, for <see cref="CheckingSince"/>.</param>
    /// <returns>How many pings are to be sent to learn that the lane is free.</returns>
    public int Leave(int dataId, bool wasWritten, long now)
    {
        int lane = Lane(dataId);
        _users[lane]--;
        if (!wasWritten)
        {
            return 0;
        }

        if (_checks[lane].IsOpen)
        {
            // One question at a time: the lane is asked once more after its answer.
            _checks[lane].Again = true;
            return 0;
        }

        return Ask(lane, now);
    }

    /// <summary>Counts a ping that is to be sent.</summary>
    /// <returns>Its id.</returns>
    public int NextPing()
    {
        _asked[_pings % Workers] = _pings;
        return (2 * _pings++) + 1;
    }

    /// <summary>Notes an answered ping.</summary>
    /// <param name="id">The ping's id.</param>
    /// <param name="now">The time, for <see cref="CheckingSince"/>.</param>
    /// <returns>How many pings are to be sent now.</returns>
    public int OnPong(int id, long now)
    {
        int number = id >> 1;
        if (id < 0 || number >= _pings)
        {
            return 0;
        }

        int worker = number % Workers;
        _answered[worker] = Math.Max(_answered[worker], number);
        if (worker >= Count || !_checks[worker].IsOpen || _answered[worker] < _checks[worker].Awaited)
        {
            return 0;
        }

        bool again = _checks[worker].Again;
        _checks[worker] = default;
        return again ? Ask(worker, now) : 0;
    }

    /// <summary>Returns the time since which a lane has been waiting for an answer, the longest of them.</summary>
    /// <returns>The time as it was told to <see cref="Leave"/>; null when no lane waits.</returns>
    public long? CheckingSince()
    {
        long? oldest = null;
        foreach (Check check in _checks)
        {
            if (check.IsOpen && (oldest is null || check.Since < oldest))
            {
                oldest = check.Since;
            }
        }

        return oldest;
    }

    /// <summary>Returns the time since which the lane of a connection has been waiting for an answer about another connection.</summary>
    /// <param name="dataId">The connection's data stream.</param>
    /// <returns>The time as it was told to <see cref="Leave"/>; null when the lane does not wait.</returns>
    public long? LaneCheckingSince(int dataId) => _checks[Lane(dataId)] is { IsOpen: true } check ? check.Since : null;

    private static int Lane(int dataId) => dataId % Workers;

    /// <summary>Finds a lane that waits for no answer and has as many users.</summary>
    private int Find(int users)
    {
        // Lanes take turns, so that one that was just left has the time to answer.
        for (int i = 0; i < Count; i++)
        {
            int lane = (_next + i) % Count;
            if (_users[lane] == users && !_checks[lane].IsOpen)
            {
                return lane;
            }
        }

        return -1;
    }

    private int Ask(int lane, long now)
    {
        int count = ((lane - (_pings % Workers) + Workers) % Workers) + 1;
        _checks[lane] = new Check(IsOpen: true, Again: false, Awaited: _pings + count - 1, Since: now);
        return count;
    }

    private record struct Check(bool IsOpen, bool Again, int Awaited, long Since);
}
