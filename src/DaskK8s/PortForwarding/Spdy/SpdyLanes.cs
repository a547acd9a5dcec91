namespace DaskK8s.PortForwarding.Spdy;

/// <summary>
/// Allocates stream IDs so that no connection is served by a server worker that another connection has blocked. Not
/// thread-safe: it is guarded by the session's lock.
/// </summary>
/// <remarks>
/// moby/spdystream, the SPDY library of kubelets and containerd, assigns a session's frames to five workers by stream ID modulo five. A
/// worker with data for a connection that is no longer read (the pod refused or closed it) blocks forever. Not even a reset
/// helps, because it queues behind the data. Therefore the data of each connection has its own worker (a lane), the error streams,
/// which carry no data to the pod, share the fifth, and a lane is reused only after its worker has answered a
/// ping. Pings are assigned to the workers in turn, so the ping count tells which worker answers which ping.
/// </remarks>
internal sealed class SpdyLanes
{
    /// <summary>The number of workers in a server's session.</summary>
    public const int Workers = 5;

    /// <summary>The number of connections that can have their own worker.</summary>
    public const int Count = 4;

    /// <summary>
    /// The maximum number of unanswered pings per worker: its queue holds 50 frames, and the server stops reading when it is full.
    /// </summary>
    private const int MostUnanswered = 16;

    /// <summary>The last digits of data IDs, by lane: odd, as a client's IDs are, and with the lane's residue modulo five.</summary>
    private static readonly int[] LastDigits = [5, 1, 7, 3];

    /// <summary>The last digit of error IDs: the remaining residue.</summary>
    private const int ErrorDigit = 9;

    private readonly int[] _users = new int[Count];
    private readonly Check[] _checks = new Check[Count];
    private readonly int[] _asked = [-5, -4, -3, -2, -1];
    private readonly int[] _answered = [-5, -4, -3, -2, -1];
    private int _pings;
    private int _next;

    /// <summary>Gets whether a worker has so many unanswered pings that no more connections should be opened.</summary>
    public bool IsStuck => LongestBacklog >= MostUnanswered;

    /// <summary>Gets whether a connection can have a worker that serves no other connection and is known to be free.</summary>
    public bool HasFree => Find(0) >= 0;

    /// <summary>Gets the maximum number of unanswered pings of any worker.</summary>
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

    /// <summary>Returns the IDs for a new connection on the lane with the fewest users.</summary>
    /// <returns>The ID of the error stream and the higher one of the data stream.</returns>
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

    /// <summary>Removes a connection from its lane.</summary>
    /// <param name="dataId">The connection's data stream.</param>
    /// <param name="wasWritten">Whether data was sent on it that may be waiting for a reader.</param>
    /// <param name="now">The time, for <see cref="CheckingSince"/>.</param>
    /// <returns>The number of pings to send to find out when the lane is free.</returns>
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

    /// <summary>Counts a ping to send.</summary>
    /// <returns>Its ID.</returns>
    public int NextPing()
    {
        _asked[_pings % Workers] = _pings;
        return (2 * _pings++) + 1;
    }

    /// <summary>Records an answered ping.</summary>
    /// <param name="id">The ping's ID.</param>
    /// <param name="now">The time, for <see cref="CheckingSince"/>.</param>
    /// <returns>The number of pings to send now.</returns>
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

    /// <summary>Returns the earliest time since which a lane has been waiting for a reply.</summary>
    /// <returns>The time that was passed to <see cref="Leave"/>; null if no lane is waiting.</returns>
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

    /// <summary>Returns the time since which the connection's lane has been waiting for a reply about another connection.</summary>
    /// <param name="dataId">The connection's data stream.</param>
    /// <returns>The time that was passed to <see cref="Leave"/>; null if the lane is not waiting.</returns>
    public long? LaneCheckingSince(int dataId) => _checks[Lane(dataId)] is { IsOpen: true } check ? check.Since : null;

    private static int Lane(int dataId) => dataId % Workers;

    /// <summary>Finds a lane that is not waiting for a reply and has the given number of users.</summary>
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
