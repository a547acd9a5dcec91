using DaskK8s.Groups;

using k8s.Models;

namespace DaskK8s.Causes;

/// <summary>Explains why a release's scheduler is missing when waiting cannot help.</summary>
internal static class SchedulerPresence
{
    /// <summary>Explains it from the Deployments.</summary>
    /// <param name="release">The release's name.</param>
    /// <param name="namespace">Its namespace.</param>
    /// <param name="scheduler">The scheduler's Deployment.</param>
    /// <param name="deployments">The release's Deployments.</param>
    /// <returns>The reason, or null if the scheduler should exist.</returns>
    public static string? Explain(string release, string @namespace, string scheduler, IEnumerable<V1Deployment> deployments)
    {
        V1Deployment[] all = [.. deployments];
        V1Deployment? own = all.FirstOrDefault(d => d.Metadata.Name == scheduler);
        return own switch
        {
            null when all.Length == 0 => $"Release {release} was uninstalled: none of its Deployments exists any more in namespace {@namespace}, {scheduler} neither.",
            null => $"The scheduler's Deployment {scheduler} of release {release} does not exist in namespace {@namespace}.",
            { Metadata.DeletionTimestamp: not null } => $"The scheduler's Deployment {scheduler} of release {release} in namespace {@namespace} is being deleted.",
            { Spec.Replicas: 0 } => $"The scheduler of release {release} in namespace {@namespace} is scaled to zero (Deployment {scheduler}). Scale it to 1.",
            _ => null,
        };
    }

    /// <summary>Explains it from the scheduler's pods: a pod on a lost node returns with the node or is replaced after some minutes.</summary>
    /// <returns>The reason, or null if a pod is on a node that responds.</returns>
    public static string? ExplainNode(string scheduler, IEnumerable<V1Pod> pods)
    {
        V1Pod[] own = [.. pods.Where(p => PodOwners.DeploymentOf(p) == scheduler)];
        return own.Length > 0 && own.All(PodDiagnosis.IsNodeLost)
            ? $"The scheduler's pod {own[0].Metadata.Name}: its node {own[0].Spec?.NodeName} does not answer. Kubernetes starts another pod some minutes after a node is lost."
            : null;
    }
}
