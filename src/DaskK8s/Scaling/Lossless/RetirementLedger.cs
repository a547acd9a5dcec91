namespace DaskK8s.Scaling.Lossless;

/// <summary>Keeps account of the pods that a lossless scale-down has touched, by uid.</summary>
internal sealed class RetirementLedger
{
    private readonly Dictionary<string, Victim> _touched = new(StringComparer.Ordinal);
    private readonly HashSet<string> _drained = new(StringComparer.Ordinal);
    private readonly HashSet<string> _left = new(StringComparer.Ordinal);
    private readonly Dictionary<string, NotRetiredWorker> _failed = new(StringComparer.Ordinal);

    /// <summary>Gets what names this scale-down to the scheduler and on the pods.</summary>
    public string Id { get; } = Guid.NewGuid().ToString("n")[..12];

    /// <summary>Gets a pause that differs from one scale-down to the next: 0 to 60 ms.</summary>
    public TimeSpan Stagger => TimeSpan.FromMilliseconds(4 * Convert.ToInt32(Id[..1], 16));

    /// <summary>Gets how many results were moved.</summary>
    public int Moved { get; private set; }

    /// <summary>Gets the number of drains that were begun.</summary>
    public int Drains { get; private set; }

    public IReadOnlyList<NotRetiredWorker> Failed => [.. _failed.Values];

    /// <summary>Gets those that were announced, drained or condemned.</summary>
    public IReadOnlyCollection<Victim> Touched => _touched.Values;

    public bool HasFailed(Victim victim) => _failed.ContainsKey(victim.Uid);

    /// <summary>Determines whether a pod has left, or leaves for certain.</summary>
    public bool HasLeft(Victim victim) => _left.Contains(victim.Uid);

    /// <summary>Determines whether all of a pod's workers were drained; one that was pending when it was chosen may have brought a worker since.</summary>
    public bool IsDrained(Victim victim) =>
        _drained.Contains(victim.Uid) && victim.Addresses.All(a => _touched[victim.Uid].Addresses.Contains(a));

    /// <summary>Determines whether a pod is still as its drain left it, by what the scheduler says of its workers now.</summary>
    public bool IsStillDrained(Victim victim) =>
        IsDrained(victim) && victim.Workers.All(static w => w is { IsRetired: true, IsMine: true });

    /// <summary>Determines whether a pod had workers when it was drained.</summary>
    public bool HadWorkers(Victim victim) => _touched.TryGetValue(victim.Uid, out Victim? touched) && touched.Workers.Count > 0;

    /// <summary>Notes a drain that begins; gives its name.</summary>
    public string Begin(IEnumerable<Victim> victims)
    {
        foreach (Victim victim in victims)
        {
            _touched[victim.Uid] = victim;
            _drained.Remove(victim.Uid);
        }

        Drains++;
        return FormattableString.Invariant($"{Id}/{Drains}");
    }

    public void End(DrainReport report)
    {
        _drained.UnionWith(report.Drained);
        Moved += report.Moved;
    }

    /// <summary>Forgets a drain that did not last.</summary>
    public void Reopen(IEnumerable<Victim> victims) => _drained.ExceptWith(victims.Select(static v => v.Uid));

    public void Fail(Victim victim, string reason) => _failed[victim.Uid] = new NotRetiredWorker(victim.Name, reason);

    public void Leave(IEnumerable<Victim> victims) => _left.UnionWith(victims.Select(static v => v.Uid));
}
