using System.Management.Automation;

namespace DaskK8s.PowerShell;

/// <summary>Connects to a release and makes it the session's current cluster.</summary>
[Cmdlet(VerbsCommunications.Connect, "DaskCluster")]
[OutputType(typeof(HelmCluster))]
public sealed class ConnectDaskClusterCommand : DaskCmdlet
{
    /// <summary>Gets or sets the release's name.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true, HelpMessage = "The name of the Helm release.")]
    [Alias("Name")]
    [ArgumentCompleter(typeof(ReleaseCompleter))]
    [ValidateNotNullOrEmpty]
    public string Release { get; set; } = "";

    /// <summary>Gets or sets the release's namespace.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true, HelpMessage = "The release's namespace. By default the context's.")]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string? Namespace { get; set; }

    /// <summary>Gets or sets the instance of the Dask chart.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, HelpMessage = "The instance of the Dask chart, for a release that has several: its alias in the umbrella chart.")]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    public string? Instance { get; set; }

    /// <summary>Gets or sets the kube context.</summary>
    [Parameter(HelpMessage = "The kube context. By default the kubeconfig's current one.")]
    [ArgumentCompleter(typeof(ContextCompleter))]
    public string? Context { get; set; }

    /// <summary>Gets or sets the kubeconfig file.</summary>
    [Parameter(HelpMessage = "The kubeconfig file. By default the files in KUBECONFIG, otherwise ~/.kube/config.")]
    public string? Kubeconfig { get; set; }

    /// <summary>Gets or sets how the scheduler is reached.</summary>
    [Parameter(HelpMessage = "How to reach the scheduler: Auto chooses, Forward goes through the API server, Direct connects to its Service, None does not connect.")]
    [ValidateSet("Auto", "Direct", "Forward", "None")]
    public string SchedulerAccess { get; set; } = "Auto";

    /// <summary>Gets or sets the time limit in seconds.</summary>
    [Parameter(HelpMessage = "The time limit for connecting, in seconds; 60 by default.")]
    [ValidateRange(1, 86400)]
    public int TimeoutSec { get; set; } = 60;

    /// <summary>Connects to the release.</summary>
    protected override void ProcessRecord()
    {
        DaskSession session = DaskSession.Current;
        HelmClusterOptions options = LogBridge.WithLog(
            new HelmClusterOptions
            {
                Namespace = Namespace,
                Instance = Instance,
                Context = Context,
                KubeconfigPath = Kubeconfig is null ? null : GetUnresolvedProviderPathFromPSPath(Kubeconfig),
                SchedulerAccess = Enum.Parse<SchedulerAccess>(SchedulerAccess, ignoreCase: true),
                ConnectTimeout = TimeSpan.FromSeconds(TimeoutSec),
            },
            session.Log.Hear);
        Run(
            Release,
            async (output, stopping) =>
            {
                using IDisposable busy = output.Busy("Connecting", $"Release {Release}");
                HelmCluster cluster = await HelmCluster.ConnectAsync(Release, options, stopping).ConfigureAwait(false);
                if (stopping.IsCancellationRequested)
                {
                    await cluster.DisposeAsync().ConfigureAwait(false);
                    stopping.ThrowIfCancellationRequested();
                }

                HelmCluster? replaced = session.Add(cluster);
                try
                {
                    output.Write(cluster);
                }
                finally
                {
                    if (replaced is not null)
                    {
                        await session.CloseAsync(replaced).ConfigureAwait(false);
                    }
                }
            },
            isTerminating: true);
    }
}
