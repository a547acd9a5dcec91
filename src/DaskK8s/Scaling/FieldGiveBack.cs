using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;

using DaskK8s.Kubernetes;

using k8s;
using k8s.Models;

namespace DaskK8s.Scaling;

/// <summary>Gives up this library's ownership of what it changed in a Deployment, and touches nobody else's.</summary>
/// <remarks>
/// Helm 4 applies on the server's side: as long as another manager owns <c>spec.replicas</c> with another value, the next upgrade
/// fails with a conflict. With our entries gone from <c>metadata.managedFields</c> nobody owns the field.
/// See docs/decisions/0002-field-ownership.md.
/// </remarks>
internal sealed class FieldGiveBack(KubeRequests requests)
{
    private const int MaxAttempts = 5;

    /// <summary>Removes our entries; what goes wrong is logged and told, never thrown: the scaling itself is done.</summary>
    /// <param name="deployment">The Deployment as the API server answered the change.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>Whether the field was ours and is given back.</returns>
    public async Task<FieldOwnership> RunAsync(V1Deployment deployment, CancellationToken cancellationToken)
    {
        string name = deployment.Metadata.Name;
        for (int attempt = 1; ; attempt++)
        {
            if (ToPatch(deployment.Metadata) is not { } patch)
            {
                return attempt == 1 ? FieldOwnership.NotTaken : FieldOwnership.GivenBack;
            }

            try
            {
                V1Deployment now = await PatchAsync(name, patch, cancellationToken).ConfigureAwait(false);
                if (ToPatch(now.Metadata) is null)
                {
                    return FieldOwnership.GivenBack;
                }

                ScalingLog.FieldKept(requests.Logger, name, "the API server kept the entry");
                return FieldOwnership.Kept;
            }
            catch (KubernetesApiException e) when (attempt < MaxAttempts && e.StatusCode is (int)HttpStatusCode.Conflict or (int)HttpStatusCode.UnprocessableEntity)
            {
                // Somebody changed the Deployment meanwhile (its status changes all the time while pods come and go).
            }
            catch (KubernetesApiException e)
            {
                ScalingLog.FieldKept(requests.Logger, name, e.Message);
                return FieldOwnership.Kept;
            }

            try
            {
                deployment = await requests.RunAsync(
                    new KubernetesApiCall("get", "deployments", "apps", requests.Connection.Namespace, name),
                    (client, ct) => client.AppsV1.ReadNamespacedDeploymentAsync(name, requests.Connection.Namespace, cancellationToken: ct),
                    cancellationToken).ConfigureAwait(false);
            }
            catch (KubernetesApiException e)
            {
                ScalingLog.FieldKept(requests.Logger, name, e.Message);
                return FieldOwnership.Kept;
            }
        }
    }

    /// <summary>Writes the patch that removes our entries from exactly this version of the object.</summary>
    /// <returns>The patch, or null where no entry is ours.</returns>
    internal static string? ToPatch(V1ObjectMeta metadata)
    {
        IList<V1ManagedFieldsEntry> entries = metadata.ManagedFields ?? [];
        int[] ours = [.. Enumerable.Range(0, entries.Count).Where(i => IsOurs(entries[i]))];
        if (ours.Length == 0)
        {
            return null;
        }

        JsonArray patch = [(JsonNode)new JsonObject { ["op"] = "test", ["path"] = "/metadata/resourceVersion", ["value"] = metadata.ResourceVersion }];
        if (ours.Length == entries.Count)
        {
            // An empty list means "leave it as it is" to the API server; a list of one empty entry means "nobody".
            patch.Add((JsonNode)new JsonObject { ["op"] = "replace", ["path"] = "/metadata/managedFields", ["value"] = new JsonArray(new JsonObject()) });
            return patch.ToJsonString();
        }

        foreach (int index in ours.Reverse())
        {
            string path = $"/metadata/managedFields/{index.ToString(CultureInfo.InvariantCulture)}";
            patch.Add((JsonNode)new JsonObject { ["op"] = "test", ["path"] = $"{path}/manager", ["value"] = Scaler.FieldManager });
            patch.Add((JsonNode)new JsonObject { ["op"] = "remove", ["path"] = path });
        }

        return patch.ToJsonString();
    }

    private static bool IsOurs(V1ManagedFieldsEntry entry) =>
        string.Equals(entry.Manager, Scaler.FieldManager, StringComparison.Ordinal) && entry.Operation == "Update";

    private Task<V1Deployment> PatchAsync(string name, string patch, CancellationToken cancellationToken) => requests.RunAsync(
        new KubernetesApiCall("patch", "deployments", "apps", requests.Connection.Namespace, name),
        (client, ct) => client.AppsV1.PatchNamespacedDeploymentAsync(
            new V1Patch(patch, V1Patch.PatchType.JsonPatch), name, requests.Connection.Namespace, fieldManager: Scaler.FieldManager, cancellationToken: ct),
        cancellationToken);
}
