using System.Management.Automation;

namespace DaskK8s.PowerShell;

/// <summary>Gets the connected clusters, or finds the available ones.</summary>
[Cmdlet(VerbsCommon.Get, "DaskCluster", DefaultParameterSetName = ConnectedSet)]
[OutputType(typeof(HelmCluster), ParameterSetName = [ConnectedSet])]
[OutputType(typeof(DiscoveredRelease), ParameterSetName = [AvailableSet])]
public sealed class GetDaskClusterCommand : DaskCmdlet
{
    private const string ConnectedSet = "Connected";
    private const string AvailableSet = "Available";

    /// <summary>Gets or sets the names.</summary>
    [Parameter(Position = 0, HelpMessage = "Names, with wildcards: release.namespace, or the release alone.")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Gets or sets whether to return only the current cluster.</summary>
    [Parameter(ParameterSetName = ConnectedSet, HelpMessage = "Returns only the current cluster.")]
    public SwitchParameter Current { get; set; }

    /// <summary>Gets or sets whether to search for releases.</summary>
    [Parameter(Mandatory = true, ParameterSetName = AvailableSet, HelpMessage = "Searches the Kubernetes cluster for releases of the Dask chart.")]
    public SwitchParameter Available { get; set; }

    /// <summary>Gets or sets whether to search all namespaces.</summary>
    [Parameter(ParameterSetName = AvailableSet, HelpMessage = "Searches every namespace that you have access to.")]
    public SwitchParameter AllNamespaces { get; set; }

    /// <summary>Gets or sets the namespace.</summary>
    [Parameter(ParameterSetName = AvailableSet, HelpMessage = "The namespace to search. By default the context's.")]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string? Namespace { get; set; }

    /// <summary>Gets or sets the kube context.</summary>
    [Parameter(ParameterSetName = AvailableSet, HelpMessage = "The kube context. By default the kubeconfig's current one.")]
    [ArgumentCompleter(typeof(ContextCompleter))]
    public string? Context { get; set; }

    /// <summary>Gets or sets the kubeconfig file.</summary>
    [Parameter(ParameterSetName = AvailableSet, HelpMessage = "The kubeconfig file. By default the files in KUBECONFIG, otherwise ~/.kube/config.")]
    public string? Kubeconfig { get; set; }

    /// <summary>Writes the clusters.</summary>
    protected override void ProcessRecord()
    {
        DaskSession session = DaskSession.Current;
        WildcardPattern[] patterns = [.. Name.Select(static n => WildcardPattern.Get(n, WildcardOptions.IgnoreCase))];
        if (!Available)
        {
            IEnumerable<HelmCluster> connected = Current ? new[] { session.CurrentCluster }.OfType<HelmCluster>() : session.Clusters;
            WriteObject(connected.Where(c => patterns.Any(p => p.IsMatch(c.Name) || p.IsMatch(c.Release.Name))), enumerateCollection: true);
            return;
        }

        HelmClusterOptions options = LogBridge.WithLog(
            new HelmClusterOptions
            {
                Namespace = Namespace,
                Context = Context,
                KubeconfigPath = Kubeconfig is null ? null : GetUnresolvedProviderPathFromPSPath(Kubeconfig),
            },
            session.Log.Hear);
        Run(Namespace ?? Context ?? Kubeconfig, async (output, stopping) =>
        {
            using IDisposable busy = output.Busy("Searching for releases", AllNamespaces ? "In all namespaces" : $"In {Namespace ?? "the context's namespace"}");
            DiscoveryResult found = await HelmCluster.DiscoverAsync(options, AllNamespaces, stopping).ConfigureAwait(false);
            foreach (ClusterLimitation limitation in found.Limitations)
            {
                output.Warning(limitation.ToString());
            }

            foreach (DiscoveredRelease release in found.Releases.Where(r => patterns.Any(p => p.IsMatch(r.ClusterName) || p.IsMatch(r.Name))))
            {
                output.Write(release);
            }
        });
    }
}
