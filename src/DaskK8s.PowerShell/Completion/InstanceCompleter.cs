using System.Collections;

namespace DaskK8s.PowerShell;

/// <summary>Completes the instances of the Dask chart in the typed release.</summary>
public sealed class InstanceCompleter : CompleterBase
{
    private protected override async Task<IReadOnlyList<(string Text, string ToolTip)>> FindAsync(
        DaskSession session, IDictionary bound, CancellationToken cancellationToken)
    {
        DiscoveryResult found = await HelmCluster.DiscoverAsync(ToOptions(bound), cancellationToken: cancellationToken).ConfigureAwait(false);
        string? release = bound["Release"] as string;
        return [.. found.Releases
            .Where(r => r.Instance is not null && (release is null || string.Equals(r.Name, release, StringComparison.Ordinal)))
            .Select(static r => (r.Instance!, r.ToString()))];
    }
}
