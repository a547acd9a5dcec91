using System.Collections.Concurrent;

using DaskK8s.Common;
using DaskK8s.Groups;
using DaskK8s.Kubernetes;
using DaskK8s.Scaling.Ownership;

using k8s.Models;

namespace DaskK8s.Scaling;

/// <summary>The fields that interrupted clients still own in a release's Deployments, and the Deployments managed by server-side apply.</summary>
internal sealed class StrayFields(KubeRequests requests, Workloads workloads, string release)
{
    /// <summary>The time limit for releasing ownership left by interrupted clients.</summary>
    private static readonly TimeSpan StrayLimit = TimeSpan.FromSeconds(3);

    /// <summary>The Deployments that were managed by server-side apply as of the last read.</summary>
    private readonly ConcurrentDictionary<string, bool> _applied = new(StringComparer.Ordinal);

    private readonly FieldGiveBack _giveBack = new(requests);

    /// <summary>Releases ownership that interrupted clients still hold in the release's worker groups.</summary>
    /// <remarks>A failure here is not reported: the next call tries again.</remarks>
    public async Task GiveBackAsync(IEnumerable<V1Deployment> deployments, IReadOnlyList<GroupPlan> groups, CancellationToken cancellationToken)
    {
        Note(deployments);
        V1Deployment[] strays = [.. deployments.Where(d => FieldGiveBack.IsOurs(d.Metadata) && groups.Any(g => g.DeploymentName == d.Metadata.Name))];
        if (strays.Length == 0)
        {
            return;
        }

        using TimeLimit limit = new(StrayLimit, requests.TimeProvider, cancellationToken);
        foreach (V1Deployment deployment in strays)
        {
            if (limit.Token.IsCancellationRequested)
            {
                // Each would take the grace period of a cancelled call once more.
                break;
            }

            if (await _giveBack.RunAsync(deployment, limit.Token).ConfigureAwait(false) == FieldOwnership.GivenBack)
            {
                ScalingLog.StrayGivenBack(requests.Logger, deployment.Metadata.Name);
            }
        }
    }

    /// <summary>Releases ownership left in groups other than the one that was just scaled.</summary>
    public async Task GiveBackOthersAsync(GroupPlan scaled, IReadOnlyList<GroupPlan> groups, CancellationToken cancellationToken)
    {
        try
        {
            IList<V1Deployment> deployments = await workloads.ListDeploymentsAsync(cancellationToken).ConfigureAwait(false);
            Note(deployments);
            await GiveBackAsync(deployments.Where(d => d.Metadata.Name != scaled.DeploymentName), groups, cancellationToken).ConfigureAwait(false);
        }
        catch (DaskK8sException e)
        {
            ScalingLog.NotUndone(requests.Logger, release, e.Message);
        }
    }

    /// <summary>Determines whether a Deployment was managed by server-side apply as of the last read.</summary>
    public bool IsApplied(string deployment) => _applied.ContainsKey(deployment);

    /// <summary>Records which Deployments are managed by server-side apply.</summary>
    public void Note(IEnumerable<V1Deployment> deployments)
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
