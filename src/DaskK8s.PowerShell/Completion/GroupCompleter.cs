using System.Collections;

namespace DaskK8s.PowerShell;

/// <summary>Completes worker groups from the last known state, without a network call.</summary>
public sealed class GroupCompleter : CompleterBase
{
    private protected override Task<IReadOnlyList<(string Text, string ToolTip)>> FindAsync(
        DaskSession session, IDictionary bound, CancellationToken cancellationToken)
    {
        HelmCluster? cluster = bound["Cluster"] switch
        {
            string name => session.Find(name),
            HelmCluster given => given,
            _ => session.CurrentCluster,
        };
        return Task.FromResult<IReadOnlyList<(string, string)>>([.. (cluster?.WorkerGroups ?? []).Select(static g => (g.Name, g.ToString()))]);
    }
}
