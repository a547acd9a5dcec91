using System.Management.Automation;

namespace DaskK8s.PowerShell;

/// <summary>The base of the cmdlets that work on a connected cluster.</summary>
public abstract class ClusterCmdlet : DaskCmdlet
{
    private protected ClusterCmdlet()
    {
    }

    /// <summary>Returns the cluster to work on, or ends the pipeline where there is none.</summary>
    private protected HelmCluster Choose(HelmCluster? given)
    {
        HelmCluster? chosen = given ?? DaskSession.Current.CurrentCluster;
        if (chosen is null)
        {
            Report(NoClusterException.ForNothing(), MyInvocation.MyCommand.Name, isTerminating: true);
        }

        return chosen!;
    }

    /// <summary>Finds a group among those that the release has; writes an error that lists them where it is not there.</summary>
    private protected WorkerGroup? FindGroup(HelmCluster cluster, string? name)
    {
        WorkerGroup? found = cluster.WorkerGroups.FirstOrDefault(g => name is null ? g.IsDefault : g.Name == name);
        if (found is null)
        {
            Report(GroupErrors.NotFound(cluster, name ?? "worker"), name);
        }

        return found;
    }

    /// <summary>Returns a group with the cluster that it is of, so that a pipeline of groups of several clusters reaches each where it is.</summary>
    private protected static PSObject WithCluster(WorkerGroup group, HelmCluster cluster)
    {
        PSObject wrapped = PSObject.AsPSObject(group);
        wrapped.Properties.Add(new PSNoteProperty("Cluster", cluster));
        return wrapped;
    }
}
