using DaskK8s.Helm.Records;
using DaskK8s.Kubernetes;

using k8s;
using k8s.Models;

namespace DaskK8s.Helm;

/// <summary>Reads Helm's records of a release from the cluster: Secrets (Helm's default), else ConfigMaps.</summary>
internal sealed class ReleaseStorage(KubeRequests requests, long maxReleaseBytes)
{
    private const string DataKey = "release";

    private string Namespace => requests.Connection.Namespace;

    /// <summary>Reads one release.</summary>
    /// <param name="releaseName">The release's name.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The release, or why there is none to read.</returns>
    /// <exception cref="HelmReleaseException">There is a record, and it cannot be understood.</exception>
    public async Task<StoredRelease> ReadAsync(string releaseName, CancellationToken cancellationToken)
    {
        string selector = $"owner=helm,name={releaseName}";
        KubernetesForbiddenException? refused = null;
        try
        {
            V1SecretList secrets = await requests.RunAsync(
                Call("secrets"),
                (client, ct) => client.CoreV1.ListNamespacedSecretAsync(Namespace, labelSelector: selector, cancellationToken: ct),
                cancellationToken).ConfigureAwait(false);
            if (secrets.Items.Count > 0)
            {
                return Decode(HelmReleaseSource.Secret, releaseName, secrets.Items.Select(static s => (s.Metadata, s)), Decode);
            }
        }
        catch (KubernetesForbiddenException e)
        {
            refused = e;
        }

        try
        {
            V1ConfigMapList maps = await requests.RunAsync(
                Call("configmaps"),
                (client, ct) => client.CoreV1.ListNamespacedConfigMapAsync(Namespace, labelSelector: selector, cancellationToken: ct),
                cancellationToken).ConfigureAwait(false);
            if (maps.Items.Count > 0)
            {
                return Decode(HelmReleaseSource.ConfigMap, releaseName, maps.Items.Select(static m => (m.Metadata, m)), Decode);
            }
        }
        catch (KubernetesForbiddenException e)
        {
            refused ??= e;
        }

        return new StoredRelease(null, null, refused);
    }

    /// <summary>Lists the names of the releases in the namespace, as far as they may be read.</summary>
    public async Task<IReadOnlyList<string>> ListNamesAsync(CancellationToken cancellationToken)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (string resource in (string[])["secrets", "configmaps"])
        {
            try
            {
                IReadOnlyList<ObjectMetadata> records = await ObjectMetadata.ListAsync(
                    requests, Call(resource), $"api/v1/namespaces/{Namespace}/{resource}?labelSelector=owner%3Dhelm", cancellationToken).ConfigureAwait(false);
                foreach (ObjectMetadata record in records)
                {
                    if (ReleaseEntry.TryCreate(record.Name, record.Labels, out ReleaseEntry entry))
                    {
                        names.Add(entry.ReleaseName);
                    }
                }
            }
            catch (KubernetesForbiddenException)
            {
                // The names only help an error along; what may not be read is left out.
            }
        }

        return [.. names.Order(StringComparer.Ordinal)];
    }

    private KubernetesApiCall Call(string resource) => new("list", resource, "", Namespace);

    private static StoredRelease Decode<T>(
        HelmReleaseSource source, string releaseName, IEnumerable<(V1ObjectMeta Metadata, T Item)> items, Func<T, ReleaseRecord> decode)
    {
        Dictionary<string, T> byName = new(StringComparer.Ordinal);
        List<ReleaseEntry> entries = [];
        foreach ((V1ObjectMeta metadata, T item) in items)
        {
            if (ReleaseEntry.TryCreate(metadata.Name, metadata.Labels, out ReleaseEntry entry))
            {
                byName[metadata.Name] = item;
                entries.Add(entry);
            }
        }

        if (ReleaseHistory.Of(entries) is not { } history)
        {
            return new StoredRelease(null, null, null);
        }

        ReleaseRecord objects = decode(byName[history.Objects.ObjectName]);
        ReleaseRecord? newest = history.Newest == history.Objects ? objects : TryDecode(byName[history.Newest.ObjectName], decode);
        return new StoredRelease(objects.ToRelease(source, history, newest), objects, null) { IsUninstalled = history.IsUninstalled };
    }

    /// <summary>Decodes a record that only adds to what another one says: damage in it is no reason not to connect.</summary>
    private static ReleaseRecord? TryDecode<T>(T item, Func<T, ReleaseRecord> decode)
    {
        try
        {
            return decode(item);
        }
        catch (HelmReleaseException)
        {
            return null;
        }
    }

    private ReleaseRecord Decode(V1Secret secret) => ReleaseRecordDecoder.Decode(
        secret.Metadata.Name, Namespace, secret.Data?.TryGetValue(DataKey, out byte[]? data) == true ? data : default, Limits);

    private ReleaseRecord Decode(V1ConfigMap map) => ReleaseRecordDecoder.Decode(
        map.Metadata.Name, Namespace, map.Data?.TryGetValue(DataKey, out string? data) == true ? data : "", Limits);

    private ReleaseDecoderLimits Limits => new() { MaxInflatedBytes = maxReleaseBytes };
}
