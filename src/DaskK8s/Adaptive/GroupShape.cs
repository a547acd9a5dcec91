using DaskK8s.Helm.Chart;
using DaskK8s.Helm.Values;

namespace DaskK8s.Adaptive;

/// <summary>The resources of one pod of a group.</summary>
/// <param name="Name">The group's name.</param>
/// <param name="Resources">The Dask resources of each worker.</param>
/// <param name="Threads">The threads of each worker.</param>
/// <param name="WorkersPerPod">The number of workers in a pod.</param>
/// <param name="MemoryPerPod">The memory of a pod in bytes; 0 if unknown.</param>
/// <param name="Range">The range of replicas allowed for the group.</param>
/// <param name="TakesPlainTasks">Whether it grows for tasks that require nothing.</param>
internal sealed record GroupShape(
    string Name, IReadOnlyDictionary<string, double> Resources, int Threads, int WorkersPerPod, long MemoryPerPod, AdaptiveRange Range, bool TakesPlainTasks)
{
    /// <summary>Gets the group's desired replicas.</summary>
    public int Replicas { get; init; }

    /// <summary>Gets the number of ready pods, which are assumed to work while others start.</summary>
    public int Ready { get; init; }

    /// <summary>Reads a group's shape from its Deployment; the actual values of running workers, if any, take precedence.</summary>
    public static GroupShape From(WorkerGroup group, AdaptiveRange range, bool takesPlainTasks, IReadOnlyList<WorkerKind> kinds)
    {
        WorkerCommandLine line = WorkerCommandLine.Parse(group.Arguments, null);
        int cores = KubeQuantity.TryParse(group.Limits.GetValueOrDefault("cpu"), out decimal cpu) ? (int)Math.Max(1, Math.Ceiling(cpu)) : 1;
        long memory = KubeQuantity.TryParse(group.Limits.GetValueOrDefault("memory"), out decimal bytes) ? (long)bytes : 0;
        int workers = Math.Max(1, line.WorkerProcesses ?? (line.Program == DaskProgram.CudaWorker ? Math.Max(1, group.GpuCount) : 1));
        WorkerKind? seen = kinds.FirstOrDefault(k => SameResources(k.Resources, group.DaskResources));
        return new GroupShape(group.Name, group.DaskResources, seen?.Threads ?? line.Threads ?? cores, workers, memory, range, takesPlainTasks);
    }

    /// <summary>Returns how many tasks with the requirement a pod runs at once; 0 if it cannot run them.</summary>
    public int SlotsFor(IReadOnlyDictionary<string, double> required)
    {
        double slots = Threads;
        foreach ((string resource, double amount) in required)
        {
            slots = Math.Min(slots, amount <= 0 ? slots : Math.Floor(Resources.GetValueOrDefault(resource) / amount));
        }

        return (int)slots * WorkersPerPod;
    }

    public static bool SameResources(IReadOnlyDictionary<string, double> one, IReadOnlyDictionary<string, double> other) =>
        one.Count == other.Count && one.All(r => other.TryGetValue(r.Key, out double amount) && amount.Equals(r.Value));
}
