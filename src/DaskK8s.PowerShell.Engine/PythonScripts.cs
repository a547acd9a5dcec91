using System.Runtime.CompilerServices;
using System.Text.Json;

namespace DaskK8s.PowerShell;

/// <summary>Runs Python programs whose result is plain data or a table.</summary>
public static class PythonScripts
{
    /// <summary>Runs a program.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="source">The program.</param>
    /// <param name="variables">Variables that it finds.</param>
    /// <param name="options">Where it runs.</param>
    /// <param name="printed">Takes what it prints.</param>
    /// <param name="row">Takes each row if the result is a table, with the names of its values; it may wait.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The result; undefined if it is a table.</returns>
    public static async Task<JsonElement> RunAsync(
        HelmCluster cluster,
        string source,
        IReadOnlyDictionary<string, object?> variables,
        TaskOptions options,
        Action<ScriptOutput> printed,
        Action<string[], object?[]> row,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        DaskClient client = await cluster.GetClientAsync(new DaskClientOptions { Formats = [new RowsFormat(row)] }, cancellationToken).ConfigureAwait(false);
        await using ConfiguredAsyncDisposable closing = client.ConfigureAwait(false);
        return await client.RunScriptAsync<JsonElement>(source, variables, options, printed, cancellationToken).ConfigureAwait(false);
    }
}
