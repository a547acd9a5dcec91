using System.Management.Automation;

namespace DaskK8s.PowerShell;

/// <summary>Closes connections; the release keeps running.</summary>
[Cmdlet(VerbsCommunications.Disconnect, "DaskCluster", DefaultParameterSetName = OneSet)]
public sealed class DisconnectDaskClusterCommand : ClusterCmdlet
{
    private const string OneSet = "One";
    private const string AllSet = "All";

    /// <summary>Gets or sets the cluster.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ParameterSetName = OneSet, HelpMessage = "The cluster, or its name. By default the current one.")]
    [ClusterName]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    public HelmCluster? Cluster { get; set; }

    /// <summary>Gets or sets whether all connections are closed.</summary>
    [Parameter(Mandatory = true, ParameterSetName = AllSet, HelpMessage = "Closes all connections of the session.")]
    public SwitchParameter All { get; set; }

    /// <summary>Closes the connections.</summary>
    protected override void ProcessRecord()
    {
        DaskSession session = DaskSession.Current;
        foreach (HelmCluster cluster in All ? session.Clusters : [Choose(Cluster)])
        {
            session.Remove(cluster);
            Run(cluster, async (_, _) => await session.CloseAsync(cluster).ConfigureAwait(false));
        }
    }
}
