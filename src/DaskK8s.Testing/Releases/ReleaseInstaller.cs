using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using DaskK8s.Testing.Storage;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace DaskK8s.Testing.Releases;

/// <summary>Installs, upgrades and removes a release as Helm does.</summary>
internal sealed class ReleaseInstaller(IKubernetes client, DaskRelease release)
{
    private const string Manager = "helm";

    public async Task InstallAsync(CancellationToken cancellationToken)
    {
        await EnsureNamespaceAsync(release.Namespace, cancellationToken).ConfigureAwait(false);
        DateTimeOffset first = DateTimeOffset.UtcNow;
        if (RecordNamespace != release.Namespace)
        {
            await EnsureNamespaceAsync(RecordNamespace, cancellationToken).ConfigureAwait(false);
        }

        for (int revision = 1; revision <= release.Revision && release.HasRecord; revision++)
        {
            bool newest = revision == release.Revision;
            await StoreAsync(revision, newest ? release.Status : "superseded", newest && release.Description is { } said ? said : revision == 1 ? "Install complete" : "Upgrade complete", first, cancellationToken).ConfigureAwait(false);
        }

        foreach (ManifestPart part in release.HasObjects ? Parts() : [])
        {
            await ApplyAsync(Marked(part.Object), cancellationToken).ConfigureAwait(false);
        }
    }

    private string RecordNamespace => release.RecordNamespace ?? release.Namespace;

    private async Task EnsureNamespaceAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            await client.CoreV1.ReadNamespaceAsync(name, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.NotFound)
        {
            await client.CoreV1.CreateNamespaceAsync(new V1Namespace { Metadata = new V1ObjectMeta { Name = name } }, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
    }

    public async Task<int> UpgradeAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<(string Name, IDictionary<string, string> Labels)> records = await RecordsAsync(cancellationToken).ConfigureAwait(false);
        int revision = 1 + records.Select(record => int.Parse(record.Labels["version"], CultureInfo.InvariantCulture)).DefaultIfEmpty().Max();
        try
        {
            foreach (ManifestPart part in Parts())
            {
                await ApplyAsync(Marked(part.Object), cancellationToken).ConfigureAwait(false);
            }
        }
        catch (HttpOperationException e)
        {
            await StoreAsync(revision, "failed", $"Upgrade \"{release.Name}\" failed: {Message(e)}", DateTimeOffset.UtcNow, cancellationToken).ConfigureAwait(false);
            throw;
        }

        foreach ((string name, IDictionary<string, string> labels) in records.Where(record => record.Labels["status"] == "deployed"))
        {
            await SupersedeAsync(name, labels, cancellationToken).ConfigureAwait(false);
        }

        await StoreAsync(revision, "deployed", "Upgrade complete", DateTimeOffset.UtcNow, cancellationToken).ConfigureAwait(false);
        return revision;
    }

    public async Task UninstallAsync(CancellationToken cancellationToken)
    {
        foreach (ManifestPart part in Parts().Reverse())
        {
            await IgnoreMissingAsync(DeleteAsync(part.Object.Text("kind")!, part.Object.Text("metadata", "name")!, cancellationToken)).ConfigureAwait(false);
        }

        foreach ((string name, _) in await RecordsAsync(cancellationToken).ConfigureAwait(false))
        {
            await IgnoreMissingAsync(release.StorageDriver == HelmStorageDriver.Secret
                ? client.CoreV1.DeleteNamespacedSecretAsync(name, RecordNamespace, cancellationToken: cancellationToken)
                : client.CoreV1.DeleteNamespacedConfigMapAsync(name, RecordNamespace, cancellationToken: cancellationToken)).ConfigureAwait(false);
        }
    }

    private static string Message(HttpOperationException refused)
    {
        try
        {
            return JsonNode.Parse(refused.Response.Content).Text("message") ?? refused.Message;
        }
        catch (System.Text.Json.JsonException)
        {
            return refused.Message;
        }
    }

    private static async Task IgnoreMissingAsync(Task deletion)
    {
        try
        {
            await deletion.ConfigureAwait(false);
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.NotFound)
        {
            // Somebody else deleted it: that is what was wanted.
        }
        catch (System.Text.Json.JsonException)
        {
            // Servers before 1.23 answer with a Status where the client expects the object: it is deleted.
        }
    }

    private IReadOnlyList<ManifestPart> Parts() => ChartValues.AllParts(release);

    /// <summary>Adds the labels and annotations that Helm adds to each object that it installs.</summary>
    private JsonObject Marked(JsonObject part)
    {
        JsonObject marked = part.CloneObject();
        JsonObject metadata = marked.Child("metadata");
        if (release.HasHelmMarks ?? release.HasRecord)
        {
            metadata.Child("labels")["app.kubernetes.io/managed-by"] = "Helm";
            metadata.Child("annotations")["meta.helm.sh/release-name"] = release.Name;
            metadata.Child("annotations")["meta.helm.sh/release-namespace"] = release.Namespace;
        }

        foreach ((string key, string value) in release.ObjectLabels)
        {
            metadata.Child("labels")[key] = value;
        }

        foreach ((string key, string value) in release.ObjectAnnotations)
        {
            metadata.Child("annotations")[key] = value;
        }

        metadata["namespace"] = release.Namespace;
        return marked;
    }

    /// <summary>Creates or updates an object: by server-side apply like Helm 4, by a merge patch like Helm 3.</summary>
    private async Task ApplyAsync(JsonObject part, CancellationToken cancellationToken)
    {
        string json = part.ToJsonString();
        if (release.HelmVersion >= 4)
        {
            await PatchAsync(part.Text("kind")!, part.Text("metadata", "name")!, new V1Patch(json, V1Patch.PatchType.ApplyPatch), cancellationToken).ConfigureAwait(false);
            return;
        }

        try
        {
            await CreateAsync(part.Text("kind")!, json, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.Conflict)
        {
            await PatchAsync(part.Text("kind")!, part.Text("metadata", "name")!, new V1Patch(json, V1Patch.PatchType.StrategicMergePatch), cancellationToken).ConfigureAwait(false);
        }
    }

    private Task CreateAsync(string kind, string json, CancellationToken cancellationToken) => kind switch
    {
        "Deployment" => client.AppsV1.CreateNamespacedDeploymentAsync(KubernetesJson.Deserialize<V1Deployment>(json), release.Namespace, fieldManager: Manager, cancellationToken: cancellationToken),
        "Service" => client.CoreV1.CreateNamespacedServiceAsync(KubernetesJson.Deserialize<V1Service>(json), release.Namespace, fieldManager: Manager, cancellationToken: cancellationToken),
        "ServiceAccount" => client.CoreV1.CreateNamespacedServiceAccountAsync(KubernetesJson.Deserialize<V1ServiceAccount>(json), release.Namespace, fieldManager: Manager, cancellationToken: cancellationToken),
        "Role" => client.RbacAuthorizationV1.CreateNamespacedRoleAsync(KubernetesJson.Deserialize<V1Role>(json), release.Namespace, fieldManager: Manager, cancellationToken: cancellationToken),
        "RoleBinding" => client.RbacAuthorizationV1.CreateNamespacedRoleBindingAsync(KubernetesJson.Deserialize<V1RoleBinding>(json), release.Namespace, fieldManager: Manager, cancellationToken: cancellationToken),
        "Ingress" => client.NetworkingV1.CreateNamespacedIngressAsync(KubernetesJson.Deserialize<V1Ingress>(json), release.Namespace, fieldManager: Manager, cancellationToken: cancellationToken),
        _ => throw new NotSupportedException($"The chart has no {kind}."),
    };

    private Task PatchAsync(string kind, string name, V1Patch patch, CancellationToken cancellationToken) => kind switch
    {
        "Deployment" => client.AppsV1.PatchNamespacedDeploymentAsync(patch, name, release.Namespace, fieldManager: Manager, cancellationToken: cancellationToken),
        "Service" => client.CoreV1.PatchNamespacedServiceAsync(patch, name, release.Namespace, fieldManager: Manager, cancellationToken: cancellationToken),
        "ServiceAccount" => client.CoreV1.PatchNamespacedServiceAccountAsync(patch, name, release.Namespace, fieldManager: Manager, cancellationToken: cancellationToken),
        "Role" => client.RbacAuthorizationV1.PatchNamespacedRoleAsync(patch, name, release.Namespace, fieldManager: Manager, cancellationToken: cancellationToken),
        "RoleBinding" => client.RbacAuthorizationV1.PatchNamespacedRoleBindingAsync(patch, name, release.Namespace, fieldManager: Manager, cancellationToken: cancellationToken),
        "Ingress" => client.NetworkingV1.PatchNamespacedIngressAsync(patch, name, release.Namespace, fieldManager: Manager, cancellationToken: cancellationToken),
        _ => throw new NotSupportedException($"The chart has no {kind}."),
    };

    private Task DeleteAsync(string kind, string name, CancellationToken cancellationToken) => kind switch
    {
        "Deployment" => client.AppsV1.DeleteNamespacedDeploymentAsync(name, release.Namespace, propagationPolicy: "Background", cancellationToken: cancellationToken),
        "Service" => client.CoreV1.DeleteNamespacedServiceAsync(name, release.Namespace, cancellationToken: cancellationToken),
        "ServiceAccount" => client.CoreV1.DeleteNamespacedServiceAccountAsync(name, release.Namespace, cancellationToken: cancellationToken),
        "Role" => client.RbacAuthorizationV1.DeleteNamespacedRoleAsync(name, release.Namespace, cancellationToken: cancellationToken),
        "RoleBinding" => client.RbacAuthorizationV1.DeleteNamespacedRoleBindingAsync(name, release.Namespace, cancellationToken: cancellationToken),
        "Ingress" => client.NetworkingV1.DeleteNamespacedIngressAsync(name, release.Namespace, cancellationToken: cancellationToken),
        _ => throw new NotSupportedException($"The chart has no {kind}."),
    };

    private async Task<IReadOnlyList<(string Name, IDictionary<string, string> Labels)>> RecordsAsync(CancellationToken cancellationToken)
    {
        string selector = $"owner=helm,name={release.Name}";
        if (release.StorageDriver == HelmStorageDriver.Secret)
        {
            V1SecretList secrets = await client.CoreV1.ListNamespacedSecretAsync(RecordNamespace, labelSelector: selector, cancellationToken: cancellationToken).ConfigureAwait(false);
            return [.. secrets.Items.Select(item => (item.Metadata.Name, item.Metadata.Labels))];
        }

        V1ConfigMapList maps = await client.CoreV1.ListNamespacedConfigMapAsync(RecordNamespace, labelSelector: selector, cancellationToken: cancellationToken).ConfigureAwait(false);
        return [.. maps.Items.Select(item => (item.Metadata.Name, item.Metadata.Labels))];
    }

    private async Task StoreAsync(int revision, string status, string description, DateTimeOffset first, CancellationToken cancellationToken)
    {
        if (!release.HasRecord)
        {
            return;
        }

        string data = StorageRecord.Encode(StorageRecord.Create(release, revision, status, description, first));
        V1ObjectMeta metadata = new() { Name = StorageRecord.Name(release, revision), NamespaceProperty = RecordNamespace, Labels = StorageRecord.Labels(release, revision, status) };
        if (release.StorageDriver == HelmStorageDriver.Secret)
        {
            V1Secret secret = new() { Metadata = metadata, Type = StorageRecord.SecretType, Data = new Dictionary<string, byte[]> { ["release"] = System.Text.Encoding.ASCII.GetBytes(data) } };
            await client.CoreV1.CreateNamespacedSecretAsync(secret, RecordNamespace, fieldManager: Manager, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        else
        {
            V1ConfigMap map = new() { Metadata = metadata, Data = new Dictionary<string, string> { ["release"] = data } };
            await client.CoreV1.CreateNamespacedConfigMapAsync(map, RecordNamespace, fieldManager: Manager, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task SupersedeAsync(string name, IDictionary<string, string> labels, CancellationToken cancellationToken)
    {
        labels["status"] = "superseded";
        if (release.StorageDriver == HelmStorageDriver.Secret)
        {
            V1Secret secret = await client.CoreV1.ReadNamespacedSecretAsync(name, RecordNamespace, cancellationToken: cancellationToken).ConfigureAwait(false);
            secret.Metadata.Labels = labels;
            secret.Data["release"] = System.Text.Encoding.ASCII.GetBytes(Superseded(System.Text.Encoding.ASCII.GetString(secret.Data["release"])));
            await client.CoreV1.ReplaceNamespacedSecretAsync(secret, name, RecordNamespace, fieldManager: Manager, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        else
        {
            V1ConfigMap map = await client.CoreV1.ReadNamespacedConfigMapAsync(name, RecordNamespace, cancellationToken: cancellationToken).ConfigureAwait(false);
            map.Metadata.Labels = labels;
            map.Data["release"] = Superseded(map.Data["release"]);
            await client.CoreV1.ReplaceNamespacedConfigMapAsync(map, name, RecordNamespace, fieldManager: Manager, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
    }

    private static string Superseded(string data)
    {
        JsonObject record = StorageRecord.Decode(data);
        record.Child("info")["status"] = "superseded";
        return StorageRecord.Encode(record);
    }
}
