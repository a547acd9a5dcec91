using System.Management.Automation;

namespace DaskK8s.PowerShell;

/// <summary>Lists the caller's permissions, and which required ones are missing.</summary>
[Cmdlet(VerbsDiagnostic.Test, "DaskPermission", DefaultParameterSetName = ClusterSet)]
[OutputType(typeof(FeaturePermission), typeof(string))]
public sealed class TestDaskPermissionCommand : ClusterCmdlet
{
    private const string ClusterSet = "Cluster";
    private const string ContextSet = "Context";

    /// <summary>Gets or sets the cluster.</summary>
    [Parameter(ValueFromPipeline = true, ParameterSetName = ClusterSet, HelpMessage = "The cluster, or its name. By default the current one.")]
    [ClusterName]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    public HelmCluster? Cluster { get; set; }

    /// <summary>Gets or sets the namespace.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ContextSet, HelpMessage = "The namespace to check, without a connection.")]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string? Namespace { get; set; }

    /// <summary>Gets or sets the kube context.</summary>
    [Parameter(ParameterSetName = ContextSet, HelpMessage = "The kube context. By default the kubeconfig's current one.")]
    [ArgumentCompleter(typeof(ContextCompleter))]
    public string? Context { get; set; }

    /// <summary>Gets or sets the kubeconfig file.</summary>
    [Parameter(ParameterSetName = ContextSet, HelpMessage = "The kubeconfig file. By default the files in KUBECONFIG, otherwise ~/.kube/config.")]
    public string? Kubeconfig { get; set; }

    /// <summary>Gets or sets whether to return a Role.</summary>
    [Parameter(HelpMessage = "Returns the Role to request from an administrator, as YAML, instead of the list.")]
    public SwitchParameter AsRole { get; set; }

    /// <summary>Sends the query and writes its results.</summary>
    protected override void ProcessRecord()
    {
        HelmCluster? cluster = ParameterSetName == ClusterSet ? Choose(Cluster) : null;
        HelmClusterOptions options = LogBridge.WithLog(
            new HelmClusterOptions
            {
                Namespace = Namespace,
                Context = Context,
                KubeconfigPath = Kubeconfig is null ? null : GetUnresolvedProviderPathFromPSPath(Kubeconfig),
            },
            DaskSession.Current.Log.Hear);
        Run(cluster?.Namespace ?? Namespace, async (output, stopping) =>
        {
            PermissionReport report = cluster is null
                ? await HelmCluster.CheckPermissionsAsync(options, stopping).ConfigureAwait(false)
                : await cluster.CheckPermissionsAsync(stopping).ConfigureAwait(false);
            if (AsRole)
            {
                output.Write(report.MissingRoleWithOptional);
                return;
            }

            foreach (FeaturePermission feature in report.Features)
            {
                output.Write(feature);
            }
        });
    }
}
