using System.Management.Automation;

namespace DaskK8s.PowerShell;

/// <summary>Scales a worker group.</summary>
[Cmdlet(VerbsCommon.Set, "DaskWorkerGroup", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(WorkerGroup))]
public sealed class SetDaskWorkerGroupCommand : ClusterCmdlet
{
    private const string NameSet = "ByName";
    private const string ObjectSet = "ByObject";

    /// <summary>Gets or sets the group's name.</summary>
    [Parameter(Position = 0, ParameterSetName = NameSet, HelpMessage = "The group's name. By default the default group.")]
    [ArgumentCompleter(typeof(GroupCompleter))]
    public string? Name { get; set; }

    /// <summary>Gets or sets the group.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ObjectSet, HelpMessage = "The group, as Get-DaskWorkerGroup returns it.")]
    public WorkerGroup? InputObject { get; set; }

    /// <summary>Gets or sets the number of pods.</summary>
    [Parameter(Position = 1, HelpMessage = "The number of pods for the group. Alternatively, specify -Memory, -Cores or -Gpus.")]
    [ValidateRange(0, int.MaxValue)]
    public int? Replicas { get; set; }

    /// <summary>Gets or sets the memory.</summary>
    [Parameter(HelpMessage = "The total memory of the group's pods: 512GB, 1.5TiB.")]
    public string? Memory { get; set; }

    /// <summary>Gets or sets the cores.</summary>
    [Parameter(HelpMessage = "The total number of cores of the group's pods.")]
    public double? Cores { get; set; }

    /// <summary>Gets or sets the GPUs.</summary>
    [Parameter(HelpMessage = "The total number of GPUs of the group's pods.")]
    public int? Gpus { get; set; }

    /// <summary>Gets or sets whether to scale down without moving results first.</summary>
    [Parameter(HelpMessage = "Scales down immediately. By default, results are first moved off the leaving workers.")]
    public SwitchParameter Immediate { get; set; }

    /// <summary>Gets or sets whether to wait.</summary>
    [Parameter(HelpMessage = "Waits until the workers are connected to the scheduler.")]
    public SwitchParameter Wait { get; set; }

    /// <summary>Gets or sets the time limit of the wait, in seconds.</summary>
    [Parameter(HelpMessage = "The time limit for -Wait, in seconds; 300 by default.")]
    [ValidateRange(1, int.MaxValue / 1000)]
    public int TimeoutSec { get; set; } = 300;

    /// <summary>Gets or sets whether to return the group.</summary>
    [Parameter(HelpMessage = "Returns the group after scaling.")]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Gets or sets the cluster.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, HelpMessage = "The cluster, or its name. By default the group's own, otherwise the current one.")]
    [ClusterName]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    public HelmCluster? Cluster { get; set; }

    /// <summary>Checks that a size is specified.</summary>
    protected override void BeginProcessing()
    {
        bool bySize = Memory is not null || Cores is not null || Gpus is not null;
        if (Replicas is null == !bySize)
        {
            Report(
                new ArgumentException(bySize
                    ? "Specify either -Replicas, or one or more of -Memory, -Cores and -Gpus."
                    : "Specify the size of the group: -Replicas, or at least one of -Memory, -Cores and -Gpus."),
                null,
                isTerminating: true);
        }
    }

    /// <summary>Scales the group.</summary>
    protected override void ProcessRecord()
    {
        HelmCluster cluster = Choose(Cluster);
        if (InputObject is null)
        {
            // Somebody else may have scaled it since, and -Confirm and -WhatIf show the number.
            bool isRead = false;
            Run(Name, async (_, stopping) =>
            {
                await cluster.GetWorkerGroupsAsync(stopping).ConfigureAwait(false);
                isRead = true;
            });
            if (!isRead)
            {
                return;
            }
        }

        if ((InputObject ?? FindGroup(cluster, Name)) is not { } group || !ShouldProcess($"worker group {group.Name} of {cluster.Name}", Describe(group)))
        {
            return;
        }

        Run(group.Name, async (output, stopping) =>
        {
            ScaleOptions options = new() { ScaleDown = Immediate ? ScaleDown.Immediate : ScaleDown.Lossless };
            ScaleResult result;
            using (output.Busy($"Scaling {group.Name}", Describe(group)))
            {
                result = Replicas is { } replicas
                    ? await cluster.ScaleAsync(replicas, options, group.Name, stopping).ConfigureAwait(false)
                    : await cluster.ScaleToSizeAsync(Memory, Cores, Gpus, group.Name, options, stopping).ConfigureAwait(false);
            }

            output.Verbose(FormattableString.Invariant(
                $"{result.WorkerGroup}: {result.Before} -> {result.After} replicas, {result.Retired.Count} workers retired, {result.KeysMoved} results moved."));
            foreach (NotRetiredWorker worker in result.NotRetired)
            {
                output.Warning(worker.ToString());
            }

            if (Wait)
            {
                WorkerWaitOptions waiting = new() { WorkerGroup = group.Name, Timeout = TimeSpan.FromSeconds(TimeoutSec) };
                await WaitProgress.WaitAsync(cluster, waiting, output, stopping).ConfigureAwait(false);
            }

            if (PassThru)
            {
                WorkerGroup after = (await cluster.GetWorkerGroupsAsync(stopping).ConfigureAwait(false)).First(g => g.Name == group.Name);
                output.Write(WithCluster(after, cluster));
            }
        });
    }

    private string Describe(WorkerGroup group)
    {
        string how = group.Desired > Replicas && !Immediate ? ", without losing results" : "";
        return Replicas is { } replicas
            ? FormattableString.Invariant($"scale from {group.Desired} to {replicas} replicas{how}")
            : $"scale to {string.Join(", ", Sizes())}";
    }

    private IEnumerable<string> Sizes()
    {
        if (Memory is not null)
        {
            yield return $"{Memory} memory";
        }

        if (Cores is { } cores)
        {
            yield return FormattableString.Invariant($"{cores} cores");
        }

        if (Gpus is { } gpus)
        {
            yield return FormattableString.Invariant($"{gpus} GPUs");
        }
    }
}
