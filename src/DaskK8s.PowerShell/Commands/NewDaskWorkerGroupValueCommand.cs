using System.Collections;
using System.Management.Automation;

namespace DaskK8s.PowerShell;

/// <summary>Creates the values of the next <c>helm upgrade</c>, with a worker group added or changed.</summary>
[Cmdlet(VerbsCommon.New, "DaskWorkerGroupValue", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(WorkerGroupUpgrade))]
public sealed class NewDaskWorkerGroupValueCommand : ClusterCmdlet
{
    /// <summary>Gets or sets the group's name.</summary>
    [Parameter(Mandatory = true, Position = 0, HelpMessage = "The name of the group to add or change.")]
    [ArgumentCompleter(typeof(GroupCompleter))]
    public string Name { get; set; } = "";

    /// <summary>Gets or sets the number of workers.</summary>
    [Parameter(HelpMessage = "The number of workers.")]
    [ValidateRange(0, int.MaxValue)]
    public int? Replicas { get; set; }

    /// <summary>Gets or sets the image.</summary>
    [Parameter(HelpMessage = "The image, with its tag.")]
    public string? Image { get; set; }

    /// <summary>Gets or sets the program.</summary>
    [Parameter(HelpMessage = "The worker's program: dask-worker or dask-cuda-worker.")]
    public string? WorkerCommand { get; set; }

    /// <summary>Gets or sets Dask's resources.</summary>
    [Parameter(HelpMessage = "The abstract Dask resources of each worker: @{ GPU = 1 }.")]
    public IDictionary? DaskResources { get; set; }

    /// <summary>Gets or sets the limits.</summary>
    [Parameter(HelpMessage = "Limits of each pod: @{ cpu = 4; memory = '16Gi'; 'nvidia.com/gpu' = 1 }.")]
    public IDictionary? Limits { get; set; }

    /// <summary>Gets or sets the requests.</summary>
    [Parameter(HelpMessage = "Requests of each pod.")]
    public IDictionary? Requests { get; set; }

    /// <summary>Gets or sets the node selector.</summary>
    [Parameter(HelpMessage = "Labels that the nodes must have.")]
    public IDictionary? NodeSelector { get; set; }

    /// <summary>Gets or sets environment variables.</summary>
    [Parameter(HelpMessage = "Environment variables of the workers.")]
    public IDictionary? Env { get; set; }

    /// <summary>Gets or sets additional arguments.</summary>
    [Parameter(HelpMessage = "Additional arguments of the worker's program.")]
    public string[]? ExtraArgs { get; set; }

    /// <summary>Gets or sets the threads.</summary>
    [Parameter(HelpMessage = "The number of threads of each worker.")]
    public int? Threads { get; set; }

    /// <summary>Gets or sets whether to keep the current replicas.</summary>
    [Parameter(HelpMessage = "Writes the current replicas of the other groups, so that the upgrade does not scale them.")]
    public SwitchParameter KeepLiveReplicas { get; set; }

    /// <summary>Gets or sets the file to write.</summary>
    [Parameter(HelpMessage = "The values file to write. By default none is written.")]
    public string? Path { get; set; }

    /// <summary>Gets or sets the cluster.</summary>
    [Parameter(HelpMessage = "The cluster, or its name. By default the current one.")]
    [ClusterName]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    public HelmCluster? Cluster { get; set; }

    /// <summary>Creates the values.</summary>
    protected override void ProcessRecord()
    {
        HelmCluster cluster = Choose(Cluster);
        try
        {
            HelmValues values = KeepLiveReplicas ? cluster.Release.Values.WithLiveReplicas(cluster) : cluster.Release.Values;
            values = values.WithWorkerGroup(ToValues());
            string? path = Path is null ? null : GetUnresolvedProviderPathFromPSPath(Path);
            string yaml = values.ToYaml();
            if (path is not null && ShouldProcess(path, "write the values file"))
            {
                File.WriteAllText(path, yaml);
            }

            foreach (HelmValuesProblem problem in values.Validate())
            {
                WriteWarning($"{problem.Path}: {problem.Message}");
            }

            WriteObject(new WorkerGroupUpgrade(Name, yaml, CommandFor(cluster, path ?? "my-values.yaml"), path, values.Validate()));
        }
        catch (Exception e) when (e is HelmValuesException or ArgumentException or IOException or UnauthorizedAccessException or PSInvalidCastException)
        {
            Report(e, Name);
        }
    }

    /// <summary>Returns the command of the next upgrade; empty, with a warning, if another tool than Helm manages the release.</summary>
    private string CommandFor(HelmCluster cluster, string path)
    {
        try
        {
            return cluster.Release.GetUpgradeCommand(path, kubeContext: cluster.Context);
        }
        catch (HelmReleaseManagedException e)
        {
            WriteWarning(e.Message);
            return "";
        }
    }

    private WorkerGroupValues ToValues() => new()
    {
        Name = Name,
        Replicas = Replicas,
        Image = Image,
        WorkerCommand = WorkerCommand,
        DaskResources = PlainObjects.ToNumbers(DaskResources ?? new Hashtable()),
        Limits = PlainObjects.ToTexts(Limits ?? new Hashtable()),
        Requests = PlainObjects.ToTexts(Requests ?? new Hashtable()),
        NodeSelector = PlainObjects.ToTexts(NodeSelector ?? new Hashtable()),
        Env = PlainObjects.ToTexts(Env ?? new Hashtable()),
        ExtraArgs = ExtraArgs,
        Threads = Threads,
    };
}
