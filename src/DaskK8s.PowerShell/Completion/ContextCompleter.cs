using System.Collections;

namespace DaskK8s.PowerShell;

/// <summary>Completes the contexts of the kubeconfig, without a network call.</summary>
public sealed class ContextCompleter : CompleterBase
{
    // No kubeconfig can name a context so; the error about it lists those that there are, before anybody is asked.
    private const string Impossible = "\u0001";

    private protected override async Task<IReadOnlyList<(string Text, string ToolTip)>> FindAsync(
        DaskSession session, IDictionary bound, CancellationToken cancellationToken)
    {
        try
        {
            await HelmCluster.CheckPermissionsAsync(ToOptions(bound) with { Context = Impossible }, cancellationToken).ConfigureAwait(false);
        }
        catch (KubeConfigException e)
        {
            return [.. e.KnownContexts.Select(static c => (c, $"Context {c}"))];
        }

        return [];
    }
}
