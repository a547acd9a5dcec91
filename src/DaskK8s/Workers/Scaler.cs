using System.Globalization;

using DaskK8s.KubeApi;

using k8s;
using k8s.Models;

namespace DaskK8s.Workers;

/// <summary>Sets a Deployment's replicas.</summary>
/// <remarks>
/// It patches the Deployment itself and not its <c>scale</c> subresource: the chart's own Role (<c>dask-jupyter</c>) allows
/// the one and not the other.
/// </remarks>
internal sealed class Scaler(KubeRequests requests)
{
    /// <summary>Is the name under which the API server notes what this library changed.</summary>
    public const string FieldManager = "daskk8s";

    /// <summary>Sets the replicas with one merge patch; sending it again does no harm, so a lost answer is repeated.</summary>
    /// <param name="deployment">The Deployment's name.</param>
    /// <param name="replicas">How many pods it shall ask for.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The Deployment as the API server has it now.</returns>
    public Task<V1Deployment> SetReplicasAsync(string deployment, int replicas, CancellationToken cancellationToken)
    {
        string @namespace = requests.Connection.Namespace;
        V1Patch patch = new(
            $"{{\"spec\":{{\"replicas\":{replicas.ToString(CultureInfo.InvariantCulture)}}}}}", V1Patch.PatchType.MergePatch);
        return requests.RunAsync(
            new KubernetesApiCall("patch", "deployments", "apps", @namespace, deployment),
            (client, ct) => client.AppsV1.PatchNamespacedDeploymentAsync(
                patch, deployment, @namespace, fieldManager: FieldManager, cancellationToken: ct),
            cancellationToken);
    }
}
