using DaskK8s.Dask.Tasks;
using DaskK8s.Helm.Values;

namespace DaskK8s.Tests.Rigs.Cluster;

/// <summary>A group of one-thread workers and its tasks in virtual time, second by second.</summary>
/// <remarks>
/// A pod takes a minute from being asked for to its first task, and costs from being asked for until it is gone. A worker that is told to
/// leave finishes its task first; idle ones leave first.
/// </remarks>
internal sealed class SimulatedCluster(IReadOnlyList<SimulatedBurst> bursts, int workers)
{
    private const int StartSeconds = 60;

    private readonly Queue<(SimulatedBurst Burst, int Left)> _waiting = new();
    private readonly PriorityQueue<(SimulatedBurst Burst, int Count), int> _running = new();
    private readonly Queue<(int At, int Count)> _starting = new();
    private readonly Dictionary<SimulatedBurst, (int Waiting, int Running, int Since)> _counts = [];
    private readonly HashSet<int> _known = [];
    private int _next;
    private int _leaving;

    public int Second { get; private set; }

    /// <summary>Gets the workers that may run tasks, those that leave included.</summary>
    public int Ready { get; private set; } = workers;

    public int Starting => _starting.Sum(static s => s.Count);

    /// <summary>Gets the desired replicas.</summary>
    public int Replicas => Ready + Starting - _leaving;

    public int Busy { get; private set; }

    public double WorkerHours { get; private set; }

    public double WaitSeconds { get; private set; }

    public long Started { get; private set; }

    public int Peak { get; private set; }

    public bool IsDone => _next == bursts.Count && _waiting.Count == 0 && Busy == 0;

    /// <summary>Gets what a scheduler knows of each kind of task: how many wait and run, and what it believes one takes.</summary>
    public IEnumerable<(int Waiting, int Running, double Believed)> Known => _counts.Select(c => (
        c.Value.Waiting, c.Value.Running, _known.Contains(c.Key.Kind) ? c.Key.Seconds : Math.Max(0.5, c.Value.Running > 0 ? Second - c.Value.Since : 0)));

    public void Scale(int replicas)
    {
        int change = replicas - Replicas;
        if (change > 0)
        {
            int kept = Math.Min(change, _leaving);
            _leaving -= kept;
            if (change > kept)
            {
                _starting.Enqueue((Second + StartSeconds, change - kept));
            }
        }
        else if (change < 0)
        {
            // Pods that have not started leave first, the youngest first.
            int gone = -change;
            List<(int At, int Count)> starting = [.. _starting];
            _starting.Clear();
            for (int i = starting.Count - 1; i >= 0; i--)
            {
                int cut = Math.Min(gone, starting[i].Count);
                starting[i] = (starting[i].At, starting[i].Count - cut);
                gone -= cut;
            }

            foreach ((int at, int count) in starting.Where(static s => s.Count > 0))
            {
                _starting.Enqueue((at, count));
            }

            _leaving += gone;
        }
    }

    public void Step()
    {
        Second++;
        while (_starting.TryPeek(out (int At, int Count) start) && start.At <= Second)
        {
            Ready += _starting.Dequeue().Count;
        }

        while (_running.TryPeek(out (SimulatedBurst Burst, int Count) chunk, out int end) && end <= Second)
        {
            _running.Dequeue();
            Busy -= chunk.Count;
            (int waiting, int running, int since) = _counts[chunk.Burst];
            _counts[chunk.Burst] = (waiting, running - chunk.Count, since);
            _known.Add(chunk.Burst.Kind);
            if (waiting == 0 && running == chunk.Count)
            {
                _counts.Remove(chunk.Burst);
            }
        }

        while (_next < bursts.Count && bursts[_next].Second <= Second)
        {
            SimulatedBurst burst = bursts[_next++];
            _waiting.Enqueue((burst, burst.Tasks));
            _counts[burst] = (burst.Tasks, 0, Second);
        }

        int leaveNow = Math.Min(_leaving, Ready - Busy);
        Ready -= leaveNow;
        _leaving -= leaveNow;
        StartTasks(Math.Max(0, Ready - Busy - _leaving));
        WorkerHours += (Ready + Starting) / 3600.0;
        Peak = Math.Max(Peak, Ready + Starting);
    }

    private void StartTasks(int free)
    {
        while (free > 0 && _waiting.TryPeek(out (SimulatedBurst Burst, int Left) first))
        {
            int count = Math.Min(free, first.Left);
            _waiting.Dequeue();
            if (first.Left > count)
            {
                // The rest stays at the head: put it back by turning the queue once.
                _waiting.Enqueue((first.Burst, first.Left - count));
                for (int i = 1; i < _waiting.Count; i++)
                {
                    _waiting.Enqueue(_waiting.Dequeue());
                }
            }

            (int waiting, int running, int since) = _counts[first.Burst];
            _counts[first.Burst] = (waiting - count, running + count, running == 0 ? Second : since);
            _running.Enqueue((first.Burst, count), Second + first.Burst.Seconds);
            WaitSeconds += (double)count * (Second - first.Burst.Second);
            Started += count;
            Busy += count;
            free -= count;
        }
    }
}
