using DaskK8s.Helm.Records;
using DaskK8s.Kubernetes;

using k8s;
using k8s.Models;

namespace DaskK8s.Helm;

/// <summary>Reads Helm's records of a release from the cluster: Secrets (Helm's default), or else ConfigMaps.</summary>
internal sealed class ReleaseStorage(KubeRequests requests, long maxReleaseBytes)
{
    private const string DataKey = "release";

    /// <summary>Reads one release.</summary>
    /// <param name="releaseName">The release's name.</param>
    /// <param name="namespace">The namespace to search for the record.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The release, or the reason why there is none to read.</returns>
    /// <exception cref="HelmReleaseException">There is a record, but it cannot be read.</exception>
    public async Task<StoredRelease> ReadAsync(string releaseName, string @namespace, CancellationToken cancellationToken)
    {
        KubernetesForbiddenException? refused = null;
        try
        {
            IList<V1Secret> secrets = await ReadThoseThatMatterAsync(releaseName, async selector => (await requests.RunAsync(
                Call("secrets", @namespace),
                (client, ct) => client.CoreV1.ListNamespacedSecretAsync(@namespace, labelSelector: selector, cancellationToken: ct),
                cancellationToken).ConfigureAwait(false)).Items).ConfigureAwait(false);
            if (secrets.Count > 0)
            {
                return Decode(HelmReleaseSource.Secret, @namespace, secrets.Select(static s => (s.Metadata, s)), Decode);
            }
        }
        catch (KubernetesForbiddenException e)
        {
            refused = e;
        }

        try
        {
            IList<V1ConfigMap> maps = await ReadThoseThatMatterAsync(releaseName, async selector => (await requests.RunAsync(
                Call("configmaps", @namespace),
                (client, ct) => client.CoreV1.ListNamespacedConfigMapAsync(@namespace, labelSelector: selector, cancellationToken: ct),
                cancellationToken).ConfigureAwait(false)).Items).ConfigureAwait(false);
            if (maps.Count > 0)
            {
                return Decode(HelmReleaseSource.ConfigMap, @namespace, maps.Select(static m => (m.Metadata, m)), Decode);
            }
        }
        catch (KubernetesForbiddenException e)
        {
            refused ??= e;
        }

        return new StoredRelease(null, null, refused);
    }

    /// <summary>Reads only the records that are not superseded: each can be a megabyte, and there can be ten superseded ones.</summary>
    /// <remarks>If only superseded records are left (the newest was deleted), all records are read.</remarks>
    private static async Task<IList<T>> ReadThoseThatMatterAsync<T>(string releaseName, Func<string, Task<IList<T>>> list)
    {
        string selector = $"owner=helm,name={releaseName}";
        IList<T> current = await list($"{selector},status!=superseded").ConfigureAwait(false);
        return current.Count > 0 ? current : await list(selector).ConfigureAwait(false);
    }

    /// <summary>Lists the names of the releases in the namespace, as far as access is allowed.</summary>
    public async Task<IReadOnlyList<string>> ListNamesAsync(string @namespace, CancellationToken cancellationToken)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (string resource in (string[])["secrets", "configmaps"])
        {
            try
            {
                IReadOnlyList<ObjectMetadata> records = await ObjectMetadata.ListAsync(
                    requests, Call(resource, @namespace), $"api/v1/namespaces/{@namespace}/{resource}?labelSelector=owner%3Dhelm", cancellationToken).ConfigureAwait(false);
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

    /// <summary>Finds the namespaces that contain a record of a release, if access to all namespaces is allowed.</summary>
    public async Task<IReadOnlyList<string>> FindNamespacesAsync(string releaseName, CancellationToken cancellationToken)
    {
        HashSet<string> found = new(StringComparer.Ordinal);
        foreach (string resource in (string[])["secrets", "configmaps"])
        {
            try
            {
                IReadOnlyList<ObjectMetadata> records = await ObjectMetadata.ListAsync(
                    requests, Call(resource, ""), $"api/v1/{resource}?labelSelector={Uri.EscapeDataString($"owner=helm,name={releaseName}")}", cancellationToken).ConfigureAwait(false);
                found.UnionWith(records.Select(static r => r.Namespace));
            }
            catch (KubernetesForbiddenException)
            {
                // Not everybody may look everywhere; then the objects themselves may say where the record is.
            }
        }

        return [.. found.Order(StringComparer.Ordinal)];
    }

    private static KubernetesApiCall Call(string resource, string @namespace) => new("list", resource, "", @namespace);

    private static StoredRelease Decode<T>(
        HelmReleaseSource source, string @namespace, IEnumerable<(V1ObjectMeta Metadata, T Item)> items, Func<T, ReleaseRecord> decode)
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
        return new StoredRelease(objects.ToRelease(source, history, newest) with { RecordNamespace = @namespace }, objects, null) { IsUninstalled = history.IsUninstalled };
    }

    /// <summary>Decodes a record that only supplements another one; damage in it does not prevent a connection.</summary>
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
        secret.Metadata.Name, secret.Metadata.NamespaceProperty, secret.Data?.TryGetValue(DataKey, out byte[]? data) == true ? data : default, Limits);

    private ReleaseRecord Decode(V1ConfigMap map) => ReleaseRecordDecoder.Decode(
        map.Metadata.Name, map.Metadata.NamespaceProperty, map.Data?.TryGetValue(DataKey, out string? data) == true ? data : "", Limits);

    private ReleaseDecoderLimits Limits => new() { MaxInflatedBytes = maxReleaseBytes };
}
