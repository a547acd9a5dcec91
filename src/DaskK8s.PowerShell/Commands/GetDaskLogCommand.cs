using System.Management.Automation;

namespace DaskK8s.PowerShell;

/// <summary>Reads the logs of a release's pods, line by line.</summary>
[Cmdlet(VerbsCommon.Get, "DaskLog")]
[OutputType(typeof(PodLogLine))]
public sealed class GetDaskLogCommand : ClusterCmdlet
{
    /// <summary>Gets or sets the group.</summary>
    [Parameter(Position = 0, HelpMessage = "The group whose pods are read. By default every group and component.")]
    [Alias("Name", "WorkerGroup")]
    [ArgumentCompleter(typeof(GroupCompleter))]
    public string? Group { get; set; }

    /// <summary>Gets or sets the group, as an object.</summary>
    [Parameter(ValueFromPipeline = true, HelpMessage = "The group, as Get-DaskWorkerGroup returns it.")]
    public WorkerGroup? InputObject { get; set; }

    /// <summary>Gets or sets the component.</summary>
    [Parameter(HelpMessage = "The component whose pods are read.")]
    [ValidateSet("All", "Scheduler", "Worker", "Jupyter", "Other")]
    public string Component { get; set; } = "All";

    /// <summary>Gets or sets the pod.</summary>
    [Parameter(HelpMessage = "The name of a single pod.")]
    public string? Pod { get; set; }

    /// <summary>Gets or sets whether to follow the log.</summary>
    [Parameter(HelpMessage = "Continues with new lines and new pods until Ctrl-C.")]
    public SwitchParameter Follow { get; set; }

    /// <summary>Gets or sets the maximum number of lines.</summary>
    [Parameter(HelpMessage = "The number of most recent lines to read from each pod.")]
    [ValidateRange(0, int.MaxValue)]
    public int? Tail { get; set; }

    /// <summary>Gets or sets the maximum age of lines.</summary>
    [Parameter(HelpMessage = "The maximum age of lines: 90s, 10m, 2h, 1d, or a TimeSpan.")]
    [Age]
    public TimeSpan? Since { get; set; }

    /// <summary>Gets or sets whether to read the previous containers.</summary>
    [Parameter(HelpMessage = "Reads the logs of the containers before their last restart.")]
    public SwitchParameter Previous { get; set; }

    /// <summary>Gets or sets the cluster.</summary>
    [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, HelpMessage = "The cluster, or its name. By default the group's own, otherwise the current one.")]
    [ClusterName]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    public HelmCluster? Cluster { get; set; }

    /// <summary>Reads and writes the objects.</summary>
    protected override void ProcessRecord()
    {
        HelmCluster cluster = Choose(Cluster);
        string? name = InputObject?.Name ?? Group;
        if (name is not null && FindGroup(cluster, name) is null)
        {
            return;
        }

        PodLogFilter filter = new()
        {
            WorkerGroup = name,
            Component = Enum.Parse<PodComponent>(Component, ignoreCase: true),
            PodName = Pod,
            Follow = Follow,
            TailLines = Tail,
            Since = Since,
            Previous = Previous,
        };
        Run(name ?? (object)cluster, async (output, stopping) =>
        {
            await foreach (PodLogLine line in cluster.StreamLogsAsync(filter, stopping).ConfigureAwait(false))
            {
                output.Write(line);
            }
        });
    }
}
