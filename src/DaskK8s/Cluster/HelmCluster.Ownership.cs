using System.Collections.Concurrent;

using DaskK8s.Groups;
using DaskK8s.Scaling;
using DaskK8s.Scaling.Ownership;

using k8s.Models;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    /// <summary>The time limit for giving back what others left.</summary>
    private static readonly TimeSpan StrayLimit = TimeSpan.FromSeconds(3);

    /// <summary>Holds the Deployments that somebody applied on the server's side when they were read last.</summary>
    private readonly ConcurrentDictionary<string, bool> _applied = new(StringComparer.Ordinal);

    /// <summary>Gives back what clients that did not finish kept of the release's worker groups.</summary>
    /// <remarks>It is of no use to fail for it: what could not be given back now is tried again by the next one.</remarks>
    private async Task GiveBackStraysAsync(IEnumerable<V1Deployment> deployments, CancellationToken cancellationToken)
    {
        NoteApplied(deployments);
        V1Deployment[] strays = [.. deployments.Where(d => FieldGiveBack.IsOurs(d.Metadata) && _plan?.Groups.Any(g => g.DeploymentName == d.Metadata.Name) == true)];
        if (strays.Length == 0)
        {
            return;
        }

        using CancellationTokenSource limit = new(StrayLimit, _options.TimeProvider);
        using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        foreach (V1Deployment deployment in strays)
        {
            if (await new FieldGiveBack(_requests).RunAsync(deployment, linked.Token).ConfigureAwait(false) == FieldOwnership.GivenBack)
            {
                ScalingLog.StrayGivenBack(_logger, deployment.Metadata.Name);
            }
        }
    }

    /// <summary>Gives back what is left in other groups than the one that was just scaled.</summary>
    private async Task GiveBackStraysAsync(GroupPlan scaled, ScaleOptions options, CancellationToken cancellationToken)
    {
        if (!options.GiveBackField)
        {
            return;
        }

        try
        {
            IList<V1Deployment> deployments = await _workloads.ListDeploymentsAsync(cancellationToken).ConfigureAwait(false);
            NoteApplied(deployments);
            await GiveBackStraysAsync(deployments.Where(d => d.Metadata.Name != scaled.DeploymentName), cancellationToken).ConfigureAwait(false);
        }
        catch (DaskK8sException e)
        {
            ScalingLog.NotUndone(_logger, _releaseName, e.Message);
        }
    }

    /// <summary>Returns the managers in whose way an apply of another number would stand.</summary>
    private static IReadOnlyList<string> FindHolders(V1Deployment deployment)
    {
        V1ManagedFieldsEntry[] entries = [.. deployment.Metadata.ManagedFields ?? []];
        bool isApplied = entries.Any(static e => e.Operation == FieldEntry.Apply);
        return
        [
            .. entries.Where(e => e.Operation != FieldEntry.Apply && FieldEntry.OwnsReplicasIn(e.FieldsV1) && (isApplied || e.Manager == Scaler.FieldManager))
                .Select(static e => e.Manager).Distinct(StringComparer.Ordinal),
        ];
    }

    private void NoteApplied(IEnumerable<V1Deployment> deployments)
    {
        foreach (V1Deployment deployment in deployments)
        {
            if (deployment.Metadata.ManagedFields?.Any(static e => e.Operation == FieldEntry.Apply) == true)
            {
                _applied[deployment.Metadata.Name] = true;
            }
            else
            {
                _applied.TryRemove(deployment.Metadata.Name, out _);
            }
        }
    }
}
