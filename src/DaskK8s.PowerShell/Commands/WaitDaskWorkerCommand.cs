using System.Management.Automation;

namespace DaskK8s.PowerShell;

/// <summary>Waits until the desired workers of the groups are connected to the scheduler.</summary>
[Cmdlet(VerbsLifecycle.Wait, "DaskWorker")]
[OutputType(typeof(WorkerGroup))]
public sealed class WaitDaskWorkerCommand : ClusterCmdlet
{
    /// <summary>Gets or sets the group.</summary>
    [Parameter(Position = 0, HelpMessage = "The group to wait for. By default every group.")]
    [Alias("Name", "Group")]
    [ArgumentCompleter(typeof(GroupCompleter))]
    public string? WorkerGroup { get; set; }

    /// <summary>Gets or sets the group, as an object.</summary>
    [Parameter(ValueFromPipeline = true, HelpMessage = "The group, as Get-DaskWorkerGroup returns it.")]
    public WorkerGroup? InputObject { get; set; }

    /// <summary>Gets or sets the time limit.</summary>
    [Parameter(HelpMessage = "The time limit, in seconds; 300 by default.")]
    [ValidateRange(0, int.MaxValue / 1000)]
    public int TimeoutSec { get; set; } = 300;

    /// <summary>Gets or sets whether to keep waiting for pods that cannot start.</summary>
    [Parameter(HelpMessage = "Keeps waiting if pods cannot start, for example because their image does not exist.")]
    public SwitchParameter NoFailFast { get; set; }

    /// <summary>Gets or sets whether to return the groups.</summary>
    [Parameter(HelpMessage = "Returns the groups in their state afterwards.")]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Gets or sets the cluster.</summary>
    [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, HelpMessage = "The cluster, or its name. By default the group's own, otherwise the current one.")]
    [ClusterName]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    public HelmCluster? Cluster { get; set; }

    /// <summary>Waits for the workers.</summary>
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
            WorkerWaitOptions options = new() { WorkerGroup = name, Timeout = TimeSpan.FromSeconds(TimeoutSec), FailFast = !NoFailFast };
            await WaitProgress.WaitAsync(cluster, options, output, stopping).ConfigureAwait(false);
            foreach (WorkerGroup group in PassThru ? cluster.WorkerGroups.Where(g => name is null || g.Name == name) : [])
            {
                output.Write(WithCluster(group, cluster));
            }
        });
    }
}
