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
    /// <summary>The time limit for giving back what others left.</summary>
    private static readonly TimeSpan StrayLimit = TimeSpan.FromSeconds(3);

    /// <summary>Holds the Deployments that somebody applied on the server's side when they were read last.</summary>
    private readonly ConcurrentDictionary<string, bool> _applied = new(StringComparer.Ordinal);

    private readonly FieldGiveBack _giveBack = new(requests);

    /// <summary>Gives back what clients that did not finish kept of the release's worker groups.</summary>
    /// <remarks>It is of no use to fail for it: what could not be given back now is tried again by the next one.</remarks>
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

    /// <summary>Gives back what is left in other groups than the one that was just scaled.</summary>
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
