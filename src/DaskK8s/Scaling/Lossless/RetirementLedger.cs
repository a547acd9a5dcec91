namespace DaskK8s.Scaling.Lossless;

/// <summary>A record of the pods that a lossless scale-down has changed, by uid.</summary>
internal sealed class RetirementLedger
{
    private readonly Dictionary<string, ScaleDownCandidate> _touched = new(StringComparer.Ordinal);
    private readonly HashSet<string> _drained = new(StringComparer.Ordinal);
    private readonly HashSet<string> _left = new(StringComparer.Ordinal);
    private readonly Dictionary<string, NotRetiredWorker> _failed = new(StringComparer.Ordinal);

    /// <summary>Gets the id of this scale-down on the scheduler and the pods.</summary>
    public string Id { get; } = Guid.NewGuid().ToString("n")[..12];

    /// <summary>Gets a delay that varies between scale-downs: 0 to 60 ms.</summary>
    public TimeSpan Stagger => TimeSpan.FromMilliseconds(4 * Convert.ToInt32(Id[..1], 16));

    /// <summary>Gets the number of results that were moved.</summary>
    public int Moved { get; private set; }

    /// <summary>Gets the number of drains that were started.</summary>
    public int Drains { get; private set; }

    public IReadOnlyList<NotRetiredWorker> Failed => [.. _failed.Values];

    /// <summary>Gets the pods that were announced, drained or marked as first to be removed.</summary>
    public IReadOnlyCollection<ScaleDownCandidate> Touched => _touched.Values;

    public bool HasFailed(ScaleDownCandidate candidate) => _failed.ContainsKey(candidate.Uid);

    /// <summary>Determines whether a pod has left or is certain to leave.</summary>
    public bool HasLeft(ScaleDownCandidate candidate) => _left.Contains(candidate.Uid);

    /// <summary>Determines whether all of a pod's workers were drained; a pod that was pending when selected may have started one since.</summary>
    public bool IsDrained(ScaleDownCandidate candidate) =>
        _drained.Contains(candidate.Uid) && candidate.Addresses.All(a => _touched[candidate.Uid].Addresses.Contains(a));

    /// <summary>Determines whether a pod is still drained, according to the scheduler's current data about its workers.</summary>
    public bool IsStillDrained(ScaleDownCandidate candidate) =>
        IsDrained(candidate) && candidate.Workers.All(static w => w is { IsRetired: true, IsMine: true });

    /// <summary>Determines whether a pod had workers when it was drained.</summary>
    public bool HadWorkers(ScaleDownCandidate candidate) => _touched.TryGetValue(candidate.Uid, out ScaleDownCandidate? touched) && touched.Workers.Count > 0;

    /// <summary>Records the start of a drain and returns its name.</summary>
    public string Begin(IEnumerable<ScaleDownCandidate> candidates)
    {
        foreach (ScaleDownCandidate candidate in candidates)
        {
            _touched[candidate.Uid] = candidate;
            _drained.Remove(candidate.Uid);
        }

        Drains++;
        return FormattableString.Invariant($"{Id}/{Drains}");
    }

    public void End(DrainReport report)
    {
        _drained.UnionWith(report.Drained);
        Moved += report.Moved;
    }

    /// <summary>Removes pods that are no longer drained from the record.</summary>
    public void Reopen(IEnumerable<ScaleDownCandidate> candidates) => _drained.ExceptWith(candidates.Select(static v => v.Uid));

    public void Fail(ScaleDownCandidate candidate, string reason) => _failed[candidate.Uid] = new NotRetiredWorker(candidate.Name, reason);

    public void Leave(IEnumerable<ScaleDownCandidate> candidates) => _left.UnionWith(candidates.Select(static v => v.Uid));
}
