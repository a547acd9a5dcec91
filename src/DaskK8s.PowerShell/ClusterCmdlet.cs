using System.Management.Automation;

namespace DaskK8s.PowerShell;

/// <summary>The base class of the cmdlets that use a connected cluster.</summary>
public abstract class ClusterCmdlet : DaskCmdlet
{
    private protected ClusterCmdlet()
    {
    }

    /// <summary>Returns the cluster to use, or stops the pipeline if there is none.</summary>
    private protected HelmCluster Choose(HelmCluster? given)
    {
        HelmCluster? chosen = given ?? DaskSession.Current.CurrentCluster;
        if (chosen is null)
        {
            Report(NoClusterException.ForNothing(), MyInvocation.MyCommand.Name, isTerminating: true);
        }

        return chosen!;
    }

    /// <summary>Finds a group of the release; if there is no such group, writes an error that lists the existing ones.</summary>
    private protected WorkerGroup? FindGroup(HelmCluster cluster, string? name)
    {
        WorkerGroup? found = cluster.WorkerGroups.FirstOrDefault(g => name is null ? g.IsDefault : g.Name == name);
        if (found is null)
        {
            Report(GroupErrors.NotFound(cluster, name ?? "worker"), name);
        }

        return found;
    }

    /// <summary>Returns a group with its cluster attached, so that a pipeline can contain groups of several clusters.</summary>
    private protected static PSObject WithCluster(WorkerGroup group, HelmCluster cluster)
    {
        PSObject wrapped = PSObject.AsPSObject(group);
        wrapped.Properties.Add(new PSNoteProperty("Cluster", cluster));
        return wrapped;
    }
}
