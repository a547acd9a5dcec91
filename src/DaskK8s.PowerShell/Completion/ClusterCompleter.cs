using System.Collections;

namespace DaskK8s.PowerShell;

/// <summary>Completes the names of connected clusters, without a network call.</summary>
public sealed class ClusterCompleter : CompleterBase
{
    private protected override Task<IReadOnlyList<(string Text, string ToolTip)>> FindAsync(
        DaskSession session, IDictionary bound, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<(string, string)>>([.. session.Clusters.Select(static c => (c.Name, c.ToString()))]);
}
