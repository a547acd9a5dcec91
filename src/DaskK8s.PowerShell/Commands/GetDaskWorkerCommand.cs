using System.Management.Automation;

namespace DaskK8s.PowerShell;

/// <summary>Gets the workers of the scheduler.</summary>
[Cmdlet(VerbsCommon.Get, "DaskWorker")]
[OutputType(typeof(WorkerInfo))]
public sealed class GetDaskWorkerCommand : ClusterCmdlet
{
    /// <summary>Gets or sets the group.</summary>
    [Parameter(Position = 0, HelpMessage = "The group of the workers. By default every group.")]
    [Alias("Name", "Group")]
    [ArgumentCompleter(typeof(GroupCompleter))]
    public string? WorkerGroup { get; set; }

    /// <summary>Gets or sets the group, as an object.</summary>
    [Parameter(ValueFromPipeline = true, HelpMessage = "The group, as Get-DaskWorkerGroup returns it.")]
    public WorkerGroup? InputObject { get; set; }

    /// <summary>Gets or sets the cluster.</summary>
    [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, HelpMessage = "The cluster, or its name. By default the group's own, otherwise the current one.")]
    [ClusterName]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    public HelmCluster? Cluster { get; set; }

    /// <summary>Sends the query and writes its results.</summary>
    protected override void ProcessRecord()
    {
        HelmCluster cluster = Choose(Cluster);
        string? name = InputObject?.Name ?? WorkerGroup;
        if (name is not null && FindGroup(cluster, name) is null)
        {
            return;
        }

        Run(name ?? (object)cluster, async (output, stopping) =>
        {
            SchedulerInfo info = await cluster.GetSchedulerInfoAsync(stopping).ConfigureAwait(false);
            foreach (WorkerInfo worker in info.Workers.Where(w => name is null || w.Group == name))
            {
                output.Write(worker);
            }
        });
    }
}
