using System.Text.Json.Nodes;

using DaskK8s.Kubernetes;
using DaskK8s.Scaling.Ownership;

using k8s;
using k8s.Models;

namespace DaskK8s.Scaling;

/// <summary>Sets a Deployment's replicas: as the manager that owns the field if this changes nothing else, otherwise by a patch.</summary>
/// <remarks>
/// Changes the Deployment itself and not its <c>scale</c> subresource: the chart's own Role (<c>dask-jupyter</c>) allows
/// only the former.
/// </remarks>
internal sealed class Scaler(KubeRequests requests)
{
    /// <summary>The field manager of the changes that this library makes.</summary>
    public const string FieldManager = "daskk8s";

    /// <summary>The maximum number of retries when the Deployment changes between the read and the write.</summary>
    private const int MaxReads = 30;

    private const string NoOwner = "no manager owns spec.replicas by server-side apply";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);
    private readonly OwnerApply _owner = new(requests);
    private readonly RawDeployments _deployments = new(requests);
    private readonly FieldGiveBack _giveBack = new(requests);

    private string Namespace => requests.Connection.Namespace;

    /// <summary>Changes the replicas with one request if they are unchanged and the Deployment is not managed by server-side apply.</summary>
    /// <param name="deployment">The Deployment's name.</param>
    /// <param name="from">The required current replicas.</param>
    /// <param name="to">The number of pods.</param>
    /// <param name="isAnyOwner">Whether the owner of the field is irrelevant.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The accepted change, or null if a condition was not met.</returns>
    public async Task<AcceptedScale?> TryChangeUnownedAsync(string deployment, int from, int to, bool isAnyOwner, CancellationToken cancellationToken)
    {
        JsonArray patch =
        [
            new JsonObject { ["op"] = "test", ["path"] = "/spec/replicas", ["value"] = from },
            new JsonObject { ["op"] = "replace", ["path"] = "/spec/replicas", ["value"] = to },
        ];
        if (!isAnyOwner)
        {
            // The server keeps applied entries before all others.
            patch.Insert(0, new JsonObject { ["op"] = "test", ["path"] = "/metadata/managedFields/0/operation", ["value"] = "Update" });
        }

        try
        {
            V1Deployment accepted = await PatchAsync(deployment, new V1Patch(patch.ToJsonString(), V1Patch.PatchType.JsonPatch), cancellationToken).ConfigureAwait(false);
            return new AcceptedScale(accepted, from, false, isAnyOwner ? null : NoOwner);
        }
        catch (Exception e) when (e is KubernetesInvalidException or KubernetesConflictException)
        {
            // A failed test is a 422 of the same form as a number that the server refuses; the plain way that follows tells.
            return null;
        }
    }

    /// <summary>Reads the Deployment and sets its replicas; retries while other clients change it in between.</summary>
    /// <param name="deployment">The Deployment's name.</param>
    /// <param name="replicas">The number of pods.</param>
    /// <param name="mayShrink">Whether the group is allowed to shrink.</param>
    /// <param name="keepsOwner">Whether the field keeps its owner.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The accepted change, or null if the group would shrink but is not allowed to.</returns>
    public async Task<AcceptedScale?> ChangeAsync(string deployment, int replicas, bool mayShrink, bool keepsOwner, CancellationToken cancellationToken)
    {
        for (int read = 1; ; read++)
        {
            JsonObject live = await _deployments.ReadAsync(deployment, cancellationToken).ConfigureAwait(false);
            if (replicas < ReplicasOf(live) && !mayShrink)
            {
                return null;
            }

            if (await TryChangeAsync(live, replicas, keepsOwner, cancellationToken).ConfigureAwait(false) is { } accepted)
            {
                return accepted;
            }

            if (read == MaxReads)
            {
                return await ChangeWhateverVersionAsync(deployment, ReplicasOf(live), replicas, mayShrink, cancellationToken).ConfigureAwait(false);
            }

            // Status changes come in bursts while pods come and go; a client beside this one must not keep step with it.
            await Task.Delay(Pause * Random.Shared.NextDouble() * Math.Min(read, 10), requests.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Sets the replicas if the Deployment has not changed since it was read.</summary>
    /// <param name="deployment">The Deployment as it was read.</param>
    /// <param name="replicas">The number of pods.</param>
    /// <param name="keepsOwner">Whether the field keeps its owner.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The accepted change, or null if the Deployment has changed.</returns>
    public async Task<AcceptedScale?> TryChangeAsync(V1Deployment deployment, int replicas, bool keepsOwner, CancellationToken cancellationToken)
    {
        if (!keepsOwner || deployment.Metadata.ManagedFields?.Any(static e => e.Operation == FieldEntry.Apply) != true)
        {
            return await TryPatchAsync(
                deployment.Metadata.Name, deployment.Metadata.Uid, deployment.Metadata.ResourceVersion, deployment.Spec?.Replicas ?? 1, replicas, keepsOwner ? NoOwner : null, cancellationToken)
                .ConfigureAwait(false);
        }

        JsonObject live = await _deployments.ReadAsync(deployment.Metadata.Name, cancellationToken).ConfigureAwait(false);
        return VersionOf(live) == deployment.Metadata.ResourceVersion
            ? await TryChangeAsync(live, replicas, keepsOwner, cancellationToken).ConfigureAwait(false)
            : null;
    }

    private static int ReplicasOf(JsonObject live) => (live["spec"]?["replicas"] as JsonValue)?.TryGetValue(out int replicas) == true ? replicas : 1;

    private static string? VersionOf(JsonObject live) => live["metadata"]?["resourceVersion"]?.GetValue<string>();

    private async Task<AcceptedScale?> TryChangeAsync(JsonObject live, int replicas, bool keepsOwner, CancellationToken cancellationToken)
    {
        string? impossible = null;
        if (keepsOwner)
        {
            V1Deployment typed = KubernetesJson.Deserialize<V1Deployment>(live.ToJsonString());
            if (FieldGiveBack.IsOurs(typed.Metadata) && FieldEntry.Read(live).Any(static e => e.IsApplied && e.OwnsReplicas))
            {
                // What a client left that died stands beside the owner's entry and would conflict with an apply in the owner's name.
                await _giveBack.RunAsync(typed, cancellationToken).ConfigureAwait(false);
                return null;
            }

            OwnerAttempt attempt = await _owner.TryAsync(live, replicas, cancellationToken).ConfigureAwait(false);
            if (attempt.Accepted is { } accepted)
            {
                return new AcceptedScale(KubernetesJson.Deserialize<V1Deployment>(accepted.ToJsonString()), ReplicasOf(live), true, null);
            }

            if (attempt.Impossible is null)
            {
                return null;
            }

            impossible = attempt.Impossible;
        }

        return await TryPatchAsync(
            live["metadata"]!["name"]!.GetValue<string>(), live["metadata"]?["uid"]?.GetValue<string>(), VersionOf(live), ReplicasOf(live), replicas, impossible, cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>Patches one version of a Deployment, or returns null if it has changed.</summary>
    private async Task<AcceptedScale?> TryPatchAsync(
        string name, string? uid, string? version, int before, int replicas, string? reason, CancellationToken cancellationToken)
    {
        JsonObject patch = Spec(replicas);
        patch["metadata"] = new JsonObject { ["uid"] = uid, ["resourceVersion"] = version };
        try
        {
            V1Deployment patched = await PatchAsync(name, new V1Patch(patch.ToJsonString(), V1Patch.PatchType.MergePatch), cancellationToken).ConfigureAwait(false);
            return new AcceptedScale(patched, before, false, reason);
        }
        catch (KubernetesConflictException)
        {
            return null;
        }
    }

    /// <summary>Sets the replicas if only they are unchanged: the last resort if the Deployment changes faster than it can be read.</summary>
    private async Task<AcceptedScale?> ChangeWhateverVersionAsync(string deployment, int from, int replicas, bool mayShrink, CancellationToken cancellationToken)
    {
        const string Reason = "the Deployment changed each time between the read and the change";
        if (await TryChangeUnownedAsync(deployment, from, replicas, isAnyOwner: true, cancellationToken).ConfigureAwait(false) is { } changed)
        {
            return changed with { Reason = Reason };
        }

        if (!mayShrink)
        {
            throw new KubernetesConflictException(
                $"The Deployment {deployment} changed {MaxReads} times between a read and the change of its replicas; the last time its number did. Try again when others have finished scaling it.",
                new KubernetesApiCall("patch", "deployments", "apps", Namespace, deployment),
                409);
        }

        V1Deployment set = await PatchAsync(deployment, new V1Patch(Spec(replicas).ToJsonString(), V1Patch.PatchType.MergePatch), cancellationToken).ConfigureAwait(false);
        return new AcceptedScale(set, from, false, Reason);
    }

    private static JsonObject Spec(int replicas) => new() { ["spec"] = new JsonObject { ["replicas"] = replicas } };

    private Task<V1Deployment> PatchAsync(string deployment, V1Patch patch, CancellationToken cancellationToken) => requests.RunAsync(
        new KubernetesApiCall("patch", "deployments", "apps", Namespace, deployment),
        (client, ct) => client.AppsV1.PatchNamespacedDeploymentAsync(
            patch, deployment, Namespace, fieldManager: FieldManager, cancellationToken: ct),
        cancellationToken);
}
