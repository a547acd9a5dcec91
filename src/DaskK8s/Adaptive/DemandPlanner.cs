namespace DaskK8s.Adaptive;

/// <summary>Computes how many pods of each group the current work requires.</summary>
internal static class DemandPlanner
{
    /// <summary>Plans the pods: the tasks with the most requirements are placed first; plain tasks use the groups meant for them.</summary>
    /// <param name="demand">The tasks and workers.</param>
    /// <param name="groups">The groups to scale.</param>
    /// <param name="target">The time in which the work should complete, counted from when pods requested now are ready.</param>
    /// <param name="start">The start time of a pod.</param>
    /// <param name="memoryTarget">The share of the memory that results may fill.</param>
    /// <returns>The number of pods for each group, before limits apply.</returns>
    public static IReadOnlyDictionary<string, int> Plan(
        DemandSnapshot demand, IReadOnlyList<GroupShape> groups, TimeSpan target, TimeSpan start, double memoryTarget)
    {
        Dictionary<string, int> pods = groups.ToDictionary(static g => g.Name, static _ => 0, StringComparer.Ordinal);
        foreach (TaskRequirement requirement in demand.Requirements.Where(static r => !r.IsBound && r.Tasks > 0).OrderByDescending(static r => r.Resources.Count))
        {
            Place(requirement, groups, pods, target, start);
        }

        AddMemory(demand, groups, pods, memoryTarget);
        return pods;
    }

    private static void Place(TaskRequirement requirement, IReadOnlyList<GroupShape> groups, Dictionary<string, int> pods, TimeSpan target, TimeSpan start)
    {
        GroupShape[] eligible =
        [
            .. groups.Where(g => g.SlotsFor(requirement.Resources) > 0 && (requirement.Resources.Count > 0 || g.TakesPlainTasks))
                .OrderBy(static g => g.Resources.Count),
        ];
        // As many at once as it takes to be done in time. Those that are there get on with it while others start: new ones are
        // for what will be left. Never more than there are tasks.
        double slots = requirement.Seconds / target.TotalSeconds;
        double now = eligible.Sum(g => (double)g.Replicas * g.SlotsFor(requirement.Resources));
        if (slots > now)
        {
            double ready = eligible.Sum(g => (double)g.Ready * g.SlotsFor(requirement.Resources));
            slots = Math.Max(now, slots - (ready * start.TotalSeconds / target.TotalSeconds));
        }

        slots = Math.Clamp(Math.Ceiling(slots), 1, requirement.Tasks);
        foreach (GroupShape group in eligible)
        {
            int each = group.SlotsFor(requirement.Resources);
            double wanted = Math.Min(Math.Ceiling(slots / each), Math.Max(0, group.Range.Maximum - pods[group.Name]));
            pods[group.Name] += (int)wanted;
            slots -= wanted * each;
            if (slots <= 0)
            {
                return;
            }
        }

        if (eligible.Length > 0)
        {
            // Beyond every maximum: the demand shows it, the limit cuts it.
            GroupShape last = eligible[^1];
            pods[last.Name] = (int)Math.Min(int.MaxValue, pods[last.Name] + Math.Ceiling(slots / last.SlotsFor(requirement.Resources)));
        }
    }

    /// <summary>Adds pods for results: more workers of each kind that is full, and at least one plain group for all results together.</summary>
    private static void AddMemory(DemandSnapshot demand, IReadOnlyList<GroupShape> groups, Dictionary<string, int> pods, double memoryTarget)
    {
        foreach (WorkerKind kind in demand.Kinds.Where(k => k.Limit > 0 && k.Bytes > memoryTarget * k.Limit))
        {
            if (groups.FirstOrDefault(g => GroupShape.SameResources(g.Resources, kind.Resources)) is { } full)
            {
                double workers = Math.Ceiling(kind.Bytes / (memoryTarget * kind.Limit / Math.Max(1, kind.Workers)));
                pods[full.Name] = Math.Max(pods[full.Name], (int)Math.Ceiling(workers / full.WorkersPerPod));
            }
        }

        double homeless = demand.Kinds.Sum(static k => k.Bytes) - groups.Sum(g => (double)Math.Max(pods[g.Name], g.Range.Minimum) * g.MemoryPerPod * memoryTarget);
        GroupShape? home = groups.Where(static g => g.MemoryPerPod > 0).OrderByDescending(static g => g.TakesPlainTasks).FirstOrDefault();
        if (homeless > 0 && home is not null)
        {
            pods[home.Name] = Math.Max(pods[home.Name], home.Range.Minimum) + (int)Math.Ceiling(homeless / (home.MemoryPerPod * memoryTarget));
        }
    }
}
