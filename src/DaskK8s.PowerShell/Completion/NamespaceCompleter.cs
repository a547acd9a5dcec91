using System.Collections;

namespace DaskK8s.PowerShell;

/// <summary>Completes namespaces that hold a release of the Dask chart.</summary>
public sealed class NamespaceCompleter : CompleterBase
{
    private protected override async Task<IReadOnlyList<(string Text, string ToolTip)>> FindAsync(
        DaskSession session, IDictionary bound, CancellationToken cancellationToken)
    {
        DiscoveryResult found = await HelmCluster.DiscoverAsync(
            ToOptions(bound) with { Namespace = null }, allNamespaces: true, cancellationToken).ConfigureAwait(false);
        return [.. found.Releases.GroupBy(static r => r.Namespace).Select(static n => (n.Key, string.Join(", ", n.Select(static r => r.Name))))];
    }
}
