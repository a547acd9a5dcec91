using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

using DaskK8s.Kubernetes;

namespace DaskK8s.Scaling.Ownership;

/// <summary>Changes a Deployment's replicas as the manager that applied them, with all fields that it owns, in one request without conflicts.</summary>
/// <remarks>
/// An apply removes fields that its manager owns but the request omits, and the manager becomes owner of any additional fields. So the
/// request must contain exactly what the manager owns. Only the server knows whether it does (its schema, its admission): a dry
/// run is sent once for each form of the Deployment, and an apply that would change anything but the number is
/// not sent. The resource version makes an apply fail if it would revert another client's change; the uid makes it fail if it would create
/// a deleted Deployment again, which the version alone does not. See docs/decisions/0002-field-ownership.md.
/// </remarks>
internal sealed class OwnerApply(KubeRequests requests)
{
    private const string Kubectl = "kubectl";
    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";
    private readonly RawDeployments _deployments = new(requests);
    private readonly ConcurrentDictionary<string, string> _tried = new(StringComparer.Ordinal);

    /// <summary>Tries to set the replicas of a Deployment that was just read.</summary>
    /// <exception cref="KubernetesApiException">The API server refused or could not answer.</exception>
    public async Task<OwnerAttempt> TryAsync(JsonObject live, int replicas, CancellationToken cancellationToken)
    {
        FieldEntry owner;
        JsonObject configuration;
        try
        {
            owner = FindOwner(live);
            configuration = Configure(live, owner.Fields!, replicas);
        }
        catch (UncertainOwnershipException e)
        {
            return new OwnerAttempt(null, e.Message);
        }

        string name = live["metadata"]!["name"]!.GetValue<string>();
        try
        {
            string form = FormOf(live);
            if (!_tried.TryGetValue(name, out string? tried) || tried != form)
            {
                JsonObject would = await _deployments.ApplyAsync(name, configuration, owner.Manager, isDryRun: true, cancellationToken).ConfigureAwait(false);
                OwnerApplyCheck.ThrowIfOtherwise(live, would, owner, replicas);
                _tried[name] = form;
            }

            return new OwnerAttempt(await _deployments.ApplyAsync(name, configuration, owner.Manager, isDryRun: false, cancellationToken).ConfigureAwait(false), null);
        }
        catch (KubernetesConflictException)
        {
            // Another manager's value cannot be in the way: every value is the live one, and the number has one owner. It is another version by now.
            return OwnerAttempt.Changed;
        }
        catch (KubernetesInvalidException e)
        {
            // A number that the server refuses is refused in the same words by the patch that follows. Admission may refuse dry runs.
            return new OwnerAttempt(null, $"the API server refused the apply or its dry run: {e.Message}");
        }
        catch (UncertainOwnershipException e)
        {
            return new OwnerAttempt(null, e.Message);
        }
    }

    private static FieldEntry FindOwner(JsonObject live)
    {
        IReadOnlyList<FieldEntry> entries = FieldEntry.Read(live);
        FieldEntry[] owners = [.. entries.Where(static e => e.OwnsReplicas)];
        if (!owners.Any(static o => o.Operation == FieldEntry.Apply))
        {
            throw new UncertainOwnershipException("no manager owns spec.replicas by server-side apply");
        }

        if (entries.Any(static e => e.Fields is null))
        {
            throw new UncertainOwnershipException("metadata.managedFields has an entry that cannot be understood");
        }

        if (owners.Length > 1)
        {
            throw new UncertainOwnershipException($"several managers own spec.replicas: {string.Join(", ", owners.Select(static o => $"{o.Manager} ({o.Operation})"))}");
        }

        FieldEntry owner = owners[0];
        if (!owner.IsApplied || owner.ApiVersion != live["apiVersion"]?.GetValue<string>())
        {
            throw new UncertainOwnershipException($"{owner.Manager} applied spec.replicas by {owner.ApiVersion} {owner.Subresource}".TrimEnd());
        }

        // The server keeps kubectl's annotation up to date with what kubectl applies.
        return owner.Manager == Kubectl && live["metadata"]?["annotations"]?[LastApplied] is not null
            ? throw new UncertainOwnershipException("kubectl's last applied configuration would change")
            : owner;
    }

    private static JsonObject Configure(JsonObject live, JsonObject fields, int replicas)
    {
        JsonObject configuration = OwnedFields.Project(fields, live);
        if (configuration["spec"] is not JsonObject spec || configuration["metadata"] is not (null or JsonObject))
        {
            throw new UncertainOwnershipException("the owner's fields are not part of a Deployment");
        }

        configuration["apiVersion"] = live["apiVersion"]?.DeepClone();
        configuration["kind"] = live["kind"]?.DeepClone();
        JsonNode metadata = configuration["metadata"] ??= new JsonObject();
        foreach (string name in (string[])["name", "namespace", "uid", "resourceVersion"])
        {
            metadata[name] = live["metadata"]?[name]?.DeepClone() ?? throw new UncertainOwnershipException($"the Deployment has no metadata.{name}");
        }

        spec["replicas"] = replicas;
        return configuration;
    }

    /// <summary>Returns a key of everything except the number that affects an apply: the fields and their owners.</summary>
    private static string FormOf(JsonObject live)
    {
        JsonObject form = OwnerApplyCheck.WithoutNumber(live);
        form["owners"] = new JsonArray(
        [
            .. FieldEntry.Read(live).Where(static e => e.Subresource.Length == 0)
                .Select(static e => (JsonNode)$"{e.Key} {string.Join(' ', OwnedFields.Missing([], e.Fields!).Where(static p => !OwnedFields.IsKeyOfItem(p)))}"),
        ]);
        return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(form.ToJsonString())));
    }
}
