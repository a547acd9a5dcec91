using System.Management.Automation;

namespace DaskK8s.PowerShell;

/// <summary>Gets the values of a release, as they were read when connecting.</summary>
[Cmdlet(VerbsCommon.Get, "DaskReleaseValue")]
[OutputType(typeof(PSObject), typeof(string))]
public sealed class GetDaskReleaseValueCommand : ClusterCmdlet
{
    /// <summary>Gets or sets the path.</summary>
    [Parameter(Position = 0, HelpMessage = @"The path of a value: worker.image.tag, additional_worker_groups[0].name, worker.resources.limits.nvidia\.com/gpu. By default all.")]
    public string? Path { get; set; }

    /// <summary>Gets or sets whether to return only the user-supplied values.</summary>
    [Parameter(HelpMessage = "Returns only the user-supplied values, without the chart's defaults.")]
    public SwitchParameter UserSupplied { get; set; }

    /// <summary>Gets or sets whether to return YAML.</summary>
    [Parameter(HelpMessage = "Returns YAML, as in a values file, instead of objects.")]
    public SwitchParameter AsYaml { get; set; }

    /// <summary>Gets or sets the cluster.</summary>
    [Parameter(ValueFromPipeline = true, HelpMessage = "The cluster, or its name. By default the current one.")]
    [ClusterName]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    public HelmCluster? Cluster { get; set; }

    /// <summary>Reads and writes the objects.</summary>
    protected override void ProcessRecord()
    {
        HelmCluster cluster = Choose(Cluster);
        HelmValues values = UserSupplied ? cluster.Release.Values.UserSupplied : cluster.Release.Values.Computed;
        if (cluster.Release.IsPartial)
        {
            WriteWarning("You are not allowed to read Helm's record of the release, so its values are unknown. See Test-DaskPermission.");
        }

        try
        {
            if (AsYaml)
            {
                HelmValues part = Path is null ? values : values.Get<HelmValues>(Path);
                WriteObject(part.Computed.ToYaml());
            }
            else
            {
                WriteObject(PlainObjects.FromData(Path is null ? ValueObjects.ReadAll(values) : values.Get<object>(Path)));
            }
        }
        catch (Exception e) when (e is HelmValuesException or ArgumentException)
        {
            Report(e, Path);
        }
    }
}
