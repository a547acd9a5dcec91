using System.Globalization;
using System.Text.Json.Nodes;

using DaskK8s.Common;
using DaskK8s.Kubernetes;

using k8s;
using k8s.Models;

namespace DaskK8s.Scaling;

/// <summary>Releases this library's ownership of the fields that it changed in a Deployment, without affecting other owners.</summary>
/// <remarks>
/// Helm 4 uses server-side apply: as long as another manager owns <c>spec.replicas</c> with another value, the next upgrade
/// fails with a conflict. After our entries are removed from <c>metadata.managedFields</c>, the field has no owner.
/// See docs/decisions/0002-field-ownership.md.
/// </remarks>
internal sealed class FieldGiveBack(KubeRequests requests)
{
    /// <summary>The time limit for releasing ownership of a field.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>How often a server can accept the request but keep the entry (another client's scaling) before it is assumed to ignore it.</summary>
    private const int MaxIgnored = 3;

    /// <summary>Removes our entries; errors are logged and reported but not thrown, because the scaling has succeeded.</summary>
    /// <param name="deployment">The Deployment as of the last read.</param>
    /// <param name="cancellationToken">Cancels the call, after <see cref="TimeLimit.Grace"/>.</param>
    /// <returns>Whether the library owned the field and still owns it.</returns>
    public async Task<FieldOwnership> RunAsync(V1Deployment deployment, CancellationToken cancellationToken)
    {
        if (!IsOurs(deployment.Metadata))
        {
            return FieldOwnership.NotTaken;
        }

        using CancellationTokenSource limit = new(Limit, requests.TimeProvider);
        using CancellationTokenRegistration grace = TimeLimit.CancelAfterGrace(limit, cancellationToken);
        string? kept;
        try
        {
            kept = await TryUntilDoneAsync(deployment, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            kept = cancellationToken.IsCancellationRequested ? "the call was cancelled" : $"it could not be given back within {Limit.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)} s";
        }

        if (kept is null)
        {
            return FieldOwnership.GivenBack;
        }

        ScalingLog.FieldKept(requests.Logger, deployment.Metadata.Name, kept);
        return FieldOwnership.Kept;
    }

    /// <summary>Determines whether an entry is ours.</summary>
    public static bool IsOurs(V1ObjectMeta metadata) => metadata.ManagedFields?.Any(IsOurs) == true;

    /// <summary>Returns a patch that removes our entries, whatever else has changed in the object; the patch tests that each entry is ours.</summary>
    /// <returns>The patch, or null if no entry is ours.</returns>
    internal static string? ToPatch(V1ObjectMeta metadata)
    {
        IList<V1ManagedFieldsEntry> entries = metadata.ManagedFields ?? [];
        int[] ours = [.. Enumerable.Range(0, entries.Count).Where(i => IsOurs(entries[i]))];
        if (ours.Length == 0)
        {
            return null;
        }

        JsonArray patch = [];
        foreach (int index in ours.Reverse())
        {
            string path = $"/metadata/managedFields/{index.ToString(CultureInfo.InvariantCulture)}";
            patch.Add((JsonNode)new JsonObject { ["op"] = "test", ["path"] = $"{path}/manager", ["value"] = Scaler.FieldManager });
            patch.Add((JsonNode)new JsonObject { ["op"] = "test", ["path"] = $"{path}/operation", ["value"] = "Update" });
            patch.Add((JsonNode)new JsonObject { ["op"] = "remove", ["path"] = path });
        }

        if (ours.Length == entries.Count)
        {
            // An empty list means "leave it as it is" to the API server; a list of one empty entry means "nobody". Where somebody
            // else's entry has come meanwhile, the empty one beside it makes the server leave all as it was, and the answer shows ours.
            patch.Add((JsonNode)new JsonObject { ["op"] = "add", ["path"] = "/metadata/managedFields/0", ["value"] = new JsonObject() });
        }

        return patch.ToJsonString();
    }

    private static bool IsOurs(V1ManagedFieldsEntry entry) =>
        string.Equals(entry.Manager, Scaler.FieldManager, StringComparison.Ordinal) && entry.Operation == "Update";

    /// <summary>Retries until no entry is ours or the object is gone.</summary>
    /// <returns>Null, or the reason why retrying does not help.</returns>
    private async Task<string?> TryUntilDoneAsync(V1Deployment deployment, CancellationToken cancellationToken)
    {
        string name = deployment.Metadata.Name;
        int ignored = 0;
        BackOff pauses = new(TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(1));
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                if (attempt > 1)
                {
                    deployment = await ReadAsync(name, cancellationToken).ConfigureAwait(false);
                }

                if (ToPatch(deployment.Metadata) is not { } patch)
                {
                    return null;
                }

                deployment = await PatchAsync(name, patch, cancellationToken).ConfigureAwait(false);
                if (!IsOurs(deployment.Metadata))
                {
                    return null;
                }

                if (++ignored == MaxIgnored)
                {
                    return "the API server kept the entry";
                }
            }
            catch (KubernetesNotFoundException)
            {
                return null;
            }
            catch (Exception e) when (e is KubernetesForbiddenException or KubernetesUnauthorizedException)
            {
                return e.Message;
            }
            catch (KubernetesApiException e)
            {
                // The entries stand in another order by now (each status change puts them in one), or the server is out of reach for a while.
                ScalingLog.GiveBackRepeated(requests.Logger, name, e.Message);
            }

            await Task.Delay(pauses.Next(), requests.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    private Task<V1Deployment> ReadAsync(string name, CancellationToken cancellationToken) => requests.RunAsync(
        new KubernetesApiCall("get", "deployments", "apps", requests.Connection.Namespace, name),
        (client, ct) => client.AppsV1.ReadNamespacedDeploymentAsync(name, requests.Connection.Namespace, cancellationToken: ct),
        cancellationToken);

    private Task<V1Deployment> PatchAsync(string name, string patch, CancellationToken cancellationToken) => requests.RunAsync(
        new KubernetesApiCall("patch", "deployments", "apps", requests.Connection.Namespace, name),
        (client, ct) => client.AppsV1.PatchNamespacedDeploymentAsync(
            new V1Patch(patch, V1Patch.PatchType.JsonPatch), name, requests.Connection.Namespace, fieldManager: Scaler.FieldManager, cancellationToken: ct),
        cancellationToken);
}
