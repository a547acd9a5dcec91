using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;

namespace DaskK8s.PowerShell;

/// <summary>The connected clusters and running adaptive scaling of one runspace, including its current cluster.</summary>
internal sealed class DaskSession
{
    private static readonly ConditionalWeakTable<Runspace, DaskSession> Sessions = [];

    private readonly Lock _sync = new();
    private readonly List<HelmCluster> _clusters = [];
    private readonly Dictionary<HelmCluster, DaskAdaptive> _adaptive = [];
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

    /// <summary>Gets the adaptive scaling that was started in this session and not stopped.</summary>
    public IReadOnlyList<DaskAdaptive> Adaptive
    {
        get
        {
            lock (_sync)
            {
                return [.. _adaptive.Values];
            }
        }
    }

    /// <summary>Gets the destination of the logs of this session's clusters.</summary>
    public LogRelay Log { get; } = new();

    /// <summary>Closes the connections of this thread's runspace.</summary>
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

    /// <summary>Removes a cluster; if it was the current one, the most recently connected cluster becomes current.</summary>
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

    /// <summary>Stops the adaptive scaling of a removed cluster, then closes its connection.</summary>
    public async Task CloseAsync(HelmCluster cluster)
    {
        if (TakeAdaptive(cluster) is { } adaptive)
        {
            await adaptive.StopAsync().ConfigureAwait(false);
        }

        await cluster.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Adds the adaptive scaling of a cluster.</summary>
    /// <returns>Whether it was added; false if one is already running.</returns>
    public bool TryAdd(DaskAdaptive adaptive)
    {
        lock (_sync)
        {
            if (_adaptive.TryGetValue(adaptive.Cluster, out DaskAdaptive? other) && other.IsRunning)
            {
                return false;
            }

            _adaptive[adaptive.Cluster] = adaptive;
            return true;
        }
    }

    /// <summary>Finds the adaptive scaling of a cluster.</summary>
    public DaskAdaptive? FindAdaptive(HelmCluster cluster)
    {
        lock (_sync)
        {
            return _adaptive.GetValueOrDefault(cluster);
        }
    }

    /// <summary>Removes the adaptive scaling of a cluster.</summary>
    /// <returns>The adaptive scaling, for the caller to stop; null if there is none.</returns>
    public DaskAdaptive? TakeAdaptive(HelmCluster cluster)
    {
        lock (_sync)
        {
            return _adaptive.Remove(cluster, out DaskAdaptive? adaptive) ? adaptive : null;
        }
    }

    /// <summary>Finds a cluster by <c>release.namespace</c>, or by the release's name alone if that is unique.</summary>
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
            _ = Task.Run(() => CloseAsync(cluster));
        }
    }
}
