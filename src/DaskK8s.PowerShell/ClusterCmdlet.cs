namespace DaskK8s.PowerShell;

/// <summary>Is the base of the cmdlets that work on a connected cluster.</summary>
public abstract class ClusterCmdlet : DaskCmdlet
{
    private protected ClusterCmdlet()
    {
    }

    /// <summary>Gives the cluster to work on, or ends the pipeline where there is none.</summary>
    private protected HelmCluster Choose(HelmCluster? given)
    {
        HelmCluster? chosen = given ?? DaskSession.Current.CurrentCluster;
        if (chosen is null)
        {
            Report(NoClusterException.ForNothing(), null, isTerminating: true);
        }

        return chosen!;
    }

    /// <summary>Finds a group among those that were read last; writes an error that lists them where it is not there.</summary>
    private protected WorkerGroup? FindGroup(HelmCluster cluster, string? name)
    {
        WorkerGroup? found = cluster.WorkerGroups.FirstOrDefault(g => name is null ? g.IsDefault : g.Name == name);
        if (found is null)
        {
            WriteError(Failures.ToRecord(new GroupMissingException(name ?? "worker", cluster), name));
        }

        return found;
    }
}
