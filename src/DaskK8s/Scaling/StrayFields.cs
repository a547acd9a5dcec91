using System.Collections.Concurrent;

using DaskK8s.Common;
using DaskK8s.Groups;
using DaskK8s.Kubernetes;
using DaskK8s.Scaling.Ownership;

using k8s.Models;

namespace DaskK8s.Scaling;

/// <summary>The fields of a release's Deployments that clients which did not finish kept, and the Deployments that somebody applied on the server's side.</summary>
internal sealed class StrayFields(KubeRequests requests, Workloads workloads, string release)
{
    /// <summary>The time limit for giving up ownership left by interrupted clients.</summary>
    private static readonly TimeSpan StrayLimit = TimeSpan.FromSeconds(3);

    /// <summary>The Deployments that were managed by server-side apply as of the last read.</summary>
    private readonly ConcurrentDictionary<string, bool> _applied = new(StringComparer.Ordinal);

    private readonly FieldGiveBack _giveBack = new(requests);

    /// <summary>Gives up ownership that interrupted clients still hold in the release's worker groups.</summary>
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
            if (await _giveBack.RunAsync(deployment, limit.Token).ConfigureAwait(false) == FieldOwnership.GivenBack)
            {
                ScalingLog.StrayGivenBack(requests.Logger, deployment.Metadata.Name);
            }
        }
    }

    /// <summary>Gives up ownership left in groups other than the one that was just scaled.</summary>
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

    /// <summary>Determines whether somebody had applied a Deployment when it was read last.</summary>
    public bool IsApplied(string deployment) => _applied.ContainsKey(deployment);

    /// <summary>Takes note of the Deployments that somebody applied.</summary>
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
