using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;

namespace DaskK8s.PowerShell;

/// <summary>Holds the connected clusters of one runspace, the current one among them.</summary>
internal sealed class DaskSession
{
    private static readonly ConditionalWeakTable<Runspace, DaskSession> Sessions = [];
    private static readonly ConditionalWeakTable<WorkerGroup, HelmCluster> Owners = [];

    private readonly Lock _sync = new();
    private readonly List<HelmCluster> _clusters = [];
    private HelmCluster? _current;

    /// <summary>Gets the session of the runspace that runs on this thread.</summary>
    public static DaskSession Current => Sessions.GetValue(Runspace.DefaultRunspace, Create);

    /// <summary>Gets the cluster that commands use when none is named.</summary>
    public HelmCluster? CurrentCluster
    {
        get
        {
            lock (_sync)
            {
                return _current;
            }
        }
    }

    public IReadOnlyList<HelmCluster> Clusters
    {
        get
        {
            lock (_sync)
            {
                return [.. _clusters];
            }
        }
    }

    /// <summary>Gets where the log of this session's clusters goes.</summary>
    public LogRelay Log { get; } = new();

    /// <summary>Remembers which cluster a group came from, so that a pipeline of groups of several clusters scales each where it is.</summary>
    public static void Own(WorkerGroup group, HelmCluster cluster) => Owners.AddOrUpdate(group, cluster);

    public HelmCluster? OwnerOf(WorkerGroup group) => Owners.TryGetValue(group, out HelmCluster? owner)
        ? owner
        : Clusters.FirstOrDefault(c => c.WorkerGroups.Contains(group));

    /// <summary>Closes what this thread's runspace has connected.</summary>
    public static void Close()
    {
        if (Runspace.DefaultRunspace is { } runspace && Sessions.TryGetValue(runspace, out DaskSession? session))
        {
            session.CloseAll();
        }
    }

    /// <summary>Adds a cluster and makes it the current one.</summary>
    /// <returns>The connection of the same name that it replaces, for the caller to close.</returns>
    public HelmCluster? Add(HelmCluster cluster)
    {
        lock (_sync)
        {
            int at = _clusters.FindIndex(c => c.Name == cluster.Name && c.Context == cluster.Context);
            HelmCluster? replaced = null;
            if (at < 0)
            {
                _clusters.Add(cluster);
            }
            else
            {
                replaced = _clusters[at];
                _clusters[at] = cluster;
            }

            _current = cluster;
            return replaced;
        }
    }

    /// <summary>Takes a cluster out; the one that was connected last before it becomes the current one.</summary>
    public void Remove(HelmCluster cluster)
    {
        lock (_sync)
        {
            _clusters.Remove(cluster);
            if (ReferenceEquals(_current, cluster))
            {
                _current = _clusters.LastOrDefault();
            }
        }
    }

    /// <summary>Finds a cluster by <c>release.namespace</c>, or by the release's name alone where that is unique.</summary>
    public HelmCluster? Find(string name)
    {
        IReadOnlyList<HelmCluster> clusters = Clusters;
        HelmCluster[] found = [.. clusters.Where(c => c.Name == name)];
        if (found.Length == 0)
        {
            found = [.. clusters.Where(c => c.Release.Name == name)];
        }

        return found.Length == 1 ? found[0] : null;
    }

    private static DaskSession Create(Runspace runspace)
    {
        DaskSession session = new();
        runspace.StateChanged += (_, e) =>
        {
            if (e.RunspaceStateInfo.State is RunspaceState.Closed or RunspaceState.Broken)
            {
                session.CloseAll();
            }
        };
        return session;
    }

    private void CloseAll()
    {
        foreach (HelmCluster cluster in Clusters)
        {
            Remove(cluster);
            _ = Task.Run(async () => await cluster.DisposeAsync().ConfigureAwait(false));
        }
    }
}
