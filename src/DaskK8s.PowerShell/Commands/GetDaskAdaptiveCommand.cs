using System.Management.Automation;

namespace DaskK8s.PowerShell;

/// <summary>Gets the adaptive scaling that was started in this session: its state and its decisions.</summary>
[Cmdlet(VerbsCommon.Get, "DaskAdaptive")]
[OutputType(typeof(DaskAdaptive))]
public sealed class GetDaskAdaptiveCommand : ClusterCmdlet
{
    /// <summary>Gets or sets the cluster.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, HelpMessage = "The cluster, or its name. By default all connected clusters.")]
    [ClusterName]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    public HelmCluster? Cluster { get; set; }

    /// <summary>Writes the adaptive scaling.</summary>
    protected override void ProcessRecord() =>
        WriteObject(DaskSession.Current.Adaptive.Where(a => Cluster is null || ReferenceEquals(a.Cluster, Cluster)), enumerateCollection: true);
}
