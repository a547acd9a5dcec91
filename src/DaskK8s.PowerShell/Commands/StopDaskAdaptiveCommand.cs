using System.Management.Automation;

namespace DaskK8s.PowerShell;

/// <summary>Stops adaptive scaling; the groups keep their size.</summary>
[Cmdlet(VerbsLifecycle.Stop, "DaskAdaptive", SupportsShouldProcess = true)]
[OutputType(typeof(DaskAdaptive))]
public sealed class StopDaskAdaptiveCommand : ClusterCmdlet
{
    /// <summary>Gets or sets the cluster.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, HelpMessage = "The cluster, or its name. By default the current one.")]
    [ClusterName]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    public HelmCluster? Cluster { get; set; }

    /// <summary>Gets or sets whether to return the stopped adaptive scaling.</summary>
    [Parameter(HelpMessage = "Returns what was stopped, with its decisions.")]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Stops adaptive scaling.</summary>
    protected override void ProcessRecord()
    {
        DaskSession session = DaskSession.Current;
        HelmCluster cluster = Choose(Cluster);
        if (session.FindAdaptive(cluster) is null)
        {
            Report(new ItemNotFoundException($"No adaptive scaling of {cluster.Name} was started in this session."), cluster, advice: "See what runs: Get-DaskAdaptive.");
        }
        else if (ShouldProcess(cluster.Name, "stop adaptive scaling") && session.TakeAdaptive(cluster) is { } adaptive)
        {
            Run(cluster, async (output, _) =>
            {
                await adaptive.StopAsync().ConfigureAwait(false);
                if (PassThru)
                {
                    output.Write(adaptive);
                }
            });
        }
    }
}
