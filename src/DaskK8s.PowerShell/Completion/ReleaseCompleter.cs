using System.Collections;

namespace DaskK8s.PowerShell;

/// <summary>Completes releases of the Dask chart, in the typed namespace or the context's.</summary>
public sealed class ReleaseCompleter : CompleterBase
{
    private protected override async Task<IReadOnlyList<(string Text, string ToolTip)>> FindAsync(
        DaskSession session, IDictionary bound, CancellationToken cancellationToken)
    {
        DiscoveryResult found = await HelmCluster.DiscoverAsync(ToOptions(bound), cancellationToken: cancellationToken).ConfigureAwait(false);
        return [.. found.Releases.Select(static r => (r.Name, r.ToString()))];
    }
}
