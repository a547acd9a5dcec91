using System.Text.Json.Nodes;

using DaskK8s.Kubernetes;

using k8s;
using k8s.Models;

namespace DaskK8s.Scaling;

/// <summary>Sets a Deployment's replicas.</summary>
/// <remarks>
/// It patches the Deployment itself and not its <c>scale</c> subresource: the chart's own Role (<c>dask-jupyter</c>) allows
/// the one and not the other.
/// </remarks>
internal sealed class Scaler(KubeRequests requests)
{
    /// <summary>Is the name under which the API server notes what this library changed.</summary>
    public const string FieldManager = "daskk8s";

    private string Namespace => requests.Connection.Namespace;

    /// <summary>Sets the replicas with one merge patch; sending it again does no harm, so a lost answer is repeated.</summary>
    /// <param name="deployment">The Deployment's name.</param>
    /// <param name="replicas">How many pods it shall ask for.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The Deployment as the API server has it now.</returns>
    public Task<V1Deployment> SetReplicasAsync(string deployment, int replicas, CancellationToken cancellationToken) =>
        PatchAsync(deployment, new V1Patch(Spec(replicas).ToJsonString(), V1Patch.PatchType.MergePatch), cancellationToken);

    /// <summary>Sets the replicas if nobody changed the Deployment since it was read.</summary>
    /// <param name="deployment">The Deployment as it was read.</param>
    /// <param name="replicas">How many pods it shall ask for.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The Deployment as the API server has it now.</returns>
    /// <exception cref="KubernetesConflictException">It was changed.</exception>
    public Task<V1Deployment> SetReplicasAsync(V1Deployment deployment, int replicas, CancellationToken cancellationToken)
    {
        JsonObject patch = Spec(replicas);
        patch["metadata"] = new JsonObject { ["resourceVersion"] = deployment.Metadata.ResourceVersion };
        return PatchAsync(deployment.Metadata.Name, new V1Patch(patch.ToJsonString(), V1Patch.PatchType.MergePatch), cancellationToken);
    }

    /// <summary>Sets the replicas if they are what they were: one request that can never shrink a group by mistake.</summary>
    /// <param name="deployment">The Deployment's name.</param>
    /// <param name="from">What they must be.</param>
    /// <param name="to">What they shall be.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The Deployment as the API server has it now, or null where they were something else.</returns>
    public async Task<V1Deployment?> TryChangeReplicasAsync(string deployment, int from, int to, CancellationToken cancellationToken)
    {
        JsonArray patch =
        [
            new JsonObject { ["op"] = "test", ["path"] = "/spec/replicas", ["value"] = from },
            new JsonObject { ["op"] = "replace", ["path"] = "/spec/replicas", ["value"] = to },
        ];
        try
        {
            return await PatchAsync(deployment, new V1Patch(patch.ToJsonString(), V1Patch.PatchType.JsonPatch), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is KubernetesInvalidException or KubernetesConflictException)
        {
            // A failed test is a 422 of the same form as a number that the server refuses; the plain way that follows tells.
            return null;
        }
    }

    private static JsonObject Spec(int replicas) => new() { ["spec"] = new JsonObject { ["replicas"] = replicas } };

    private Task<V1Deployment> PatchAsync(string deployment, V1Patch patch, CancellationToken cancellationToken) => requests.RunAsync(
        new KubernetesApiCall("patch", "deployments", "apps", Namespace, deployment),
        (client, ct) => client.AppsV1.PatchNamespacedDeploymentAsync(
            patch, deployment, Namespace, fieldManager: FieldManager, cancellationToken: ct),
        cancellationToken);
}
