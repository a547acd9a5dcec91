using System.Collections;
using System.Management.Automation;
using System.Text.Json;

namespace DaskK8s.PowerShell;

/// <summary>Runs a Python program on a worker, from which it can use the whole cluster.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "DaskPython", DefaultParameterSetName = SourceSet)]
[OutputType(typeof(PSObject))]
public sealed class InvokeDaskPythonCommand : ClusterCmdlet
{
    private const string SourceSet = "Source";
    private const string FileSet = "File";

    /// <summary>Gets or sets the program.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = SourceSet, HelpMessage = "The program. The value of its last expression, or of its variable named result, is returned.")]
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
    [Parameter(HelpMessage = "Variables to set for the program: @{ n = 10; path = 's3://…' }.")]
    public IDictionary? Variable { get; set; }

    /// <summary>Gets or sets the cluster.</summary>
    [Parameter(HelpMessage = "The cluster, or its name. By default the current one.")]
    [ClusterName]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    public HelmCluster? Cluster { get; set; }

    /// <summary>Runs the program.</summary>
    protected override void ProcessRecord()
    {
        HelmCluster cluster = Choose(Cluster);
        if (WorkerGroup is not null && FindGroup(cluster, WorkerGroup) is null)
        {
            return;
        }

        string? file = ParameterSetName == FileSet ? GetUnresolvedProviderPathFromPSPath(Path) : null;
        Run(file ?? WorkerGroup ?? (object)cluster, async (output, stopping) =>
        {
            string source = file is null ? Source : await File.ReadAllTextAsync(file, stopping).ConfigureAwait(false);
            TaskOptions options = new() { Resources = Resources is null ? null : PlainObjects.ToNumbers(Resources), WorkerGroup = WorkerGroup };
            using IDisposable busy = output.Busy("Running Python", WorkerGroup is null ? $"On {cluster.Name}" : $"On {WorkerGroup} of {cluster.Name}");
            JsonElement result = await PythonScripts.RunAsync(
                cluster,
                source,
                PlainObjects.ToMap(Variable ?? new Hashtable()),
                options,
                piece => output.Print(piece.Text, piece.Stream),
                (names, values) => output.Write(PlainObjects.FromRow(names, values)),
                stopping).ConfigureAwait(false);
            if (PlainObjects.FromJson(result) is { } value)
            {
                output.Write(value);
            }
        });
    }
}
