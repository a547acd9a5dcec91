using System.Management.Automation;

namespace DaskK8s.PowerShell;

/// <summary>Reads the worker groups of a release.</summary>
[Cmdlet(VerbsCommon.Get, "DaskWorkerGroup")]
[OutputType(typeof(WorkerGroup))]
public sealed class GetDaskWorkerGroupCommand : ClusterCmdlet
{
    /// <summary>Gets or sets the names.</summary>
    [Parameter(Position = 0, HelpMessage = "Names of groups, with wildcards. By default all.")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(GroupCompleter))]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Gets or sets the cluster.</summary>
    [Parameter(ValueFromPipeline = true, HelpMessage = "The cluster, or its name. By default the current one.")]
    [ClusterName]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    public HelmCluster? Cluster { get; set; }

    /// <summary>Reads and writes the objects.</summary>
    protected override void ProcessRecord()
    {
        HelmCluster cluster = Choose(Cluster);
        IReadOnlyList<WorkerGroup> groups = [];
        Run(cluster, async (_, stopping) => groups = await cluster.GetWorkerGroupsAsync(stopping).ConfigureAwait(false));
        WildcardPattern[] patterns = [.. Name.Select(static n => WildcardPattern.Get(n, WildcardOptions.None))];
        foreach (WorkerGroup group in groups.Where(g => patterns.Any(p => p.IsMatch(g.Name))))
        {
            WriteObject(WithCluster(group, cluster));
        }

        if (groups.Count > 0)
        {
            foreach (string name in Name.Where(static n => !WildcardPattern.ContainsWildcardCharacters(n)))
            {
                FindGroup(cluster, name);
            }
        }
    }
}
