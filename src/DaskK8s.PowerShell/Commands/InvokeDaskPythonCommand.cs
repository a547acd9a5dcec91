using System.Collections;
using System.Management.Automation;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace DaskK8s.PowerShell;

/// <summary>Runs a Python program on a worker, with the whole cluster at hand.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "DaskPython", DefaultParameterSetName = SourceSet)]
[OutputType(typeof(PSObject))]
public sealed class InvokeDaskPythonCommand : ClusterCmdlet
{
    private const string SourceSet = "Source";
    private const string FileSet = "File";

    /// <summary>Gets or sets the program.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = SourceSet, HelpMessage = "The program. Its last expression, or its variable result, is the result.")]
    public string Source { get; set; } = "";

    /// <summary>Gets or sets the file.</summary>
    [Parameter(Mandatory = true, ParameterSetName = FileSet, HelpMessage = "A file with the program.")]
    [Alias("FilePath")]
    public string Path { get; set; } = "";

    /// <summary>Gets or sets the group.</summary>
    [Parameter(HelpMessage = "The group whose workers may run the program. By default any worker.")]
    [ArgumentCompleter(typeof(GroupCompleter))]
    public string? WorkerGroup { get; set; }

    /// <summary>Gets or sets the resources.</summary>
    [Parameter(HelpMessage = "The abstract resources that a worker must offer: @{ GPU = 1 }.")]
    public IDictionary? Resources { get; set; }

    /// <summary>Gets or sets the variables.</summary>
    [Parameter(HelpMessage = "Variables that the program finds: @{ n = 10; path = 's3://…' }.")]
    public IDictionary? Variable { get; set; }

    /// <summary>Gets or sets the cluster.</summary>
    [Parameter(HelpMessage = "The cluster, or its name. By default the current one.")]
    [ClusterName]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    public HelmCluster? Cluster { get; set; }

    /// <summary>Runs.</summary>
    protected override void ProcessRecord()
    {
        HelmCluster cluster = Choose(Cluster);
        if (WorkerGroup is not null && FindGroup(cluster, WorkerGroup) is null)
        {
            return;
        }

        string? file = ParameterSetName == FileSet ? GetUnresolvedProviderPathFromPSPath(Path) : null;
        Run(file ?? WorkerGroup, async (output, stopping) =>
        {
            string source = file is null ? Source : await File.ReadAllTextAsync(file, stopping).ConfigureAwait(false);
            Dictionary<string, double>? resources = Resources is null ? null : PlainObjects.ToNumbers(Resources);
            TaskOptions options = new() { Resources = resources, Workers = await WorkersAsync(cluster, stopping).ConfigureAwait(false) };
            DaskClient client = await ConnectAsync(cluster, stopping).ConfigureAwait(false);
            await using ConfiguredAsyncDisposable closing = client.ConfigureAwait(false);
            JsonElement result = await client.RunScriptAsync<JsonElement>(
                source, PlainObjects.ToMap(Variable ?? new Hashtable()), options, piece => output.Print(piece.Text, piece.Stream), stopping).ConfigureAwait(false);
            if (PlainObjects.FromJson(result) is { } value)
            {
                output.Write(value);
            }
        });
    }

    private static Task<DaskClient> ConnectAsync(HelmCluster cluster, CancellationToken stopping) =>
        cluster.SchedulerAddress is { } address
            ? DaskClient.ConnectAsync(address, cancellationToken: stopping)
            : throw new NoClusterException($"The scheduler of {cluster.Name} is not reached. {string.Join(" ", cluster.Limitations)}");

    private async Task<IReadOnlyList<string>?> WorkersAsync(HelmCluster cluster, CancellationToken stopping)
    {
        if (WorkerGroup is null)
        {
            return null;
        }

        SchedulerInfo info = await cluster.GetSchedulerInfoAsync(stopping).ConfigureAwait(false);
        string[] workers = [.. info.Workers.Where(w => w.Group == WorkerGroup).Select(static w => w.Address)];
        return workers.Length > 0 ? workers : throw new ItemNotFoundException($"The group {WorkerGroup} has no worker now. Scale it first: Set-DaskWorkerGroup {WorkerGroup} -Replicas 1 -Wait.");
    }
}
