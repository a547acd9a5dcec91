using DaskK8s.Helm.Values;

namespace DaskK8s.Helm.Chart;

/// <summary>Finds the Kubernetes objects of a few kinds in a release's manifest, one document at a time.</summary>
internal static class ManifestDocuments
{
    /// <summary>Enumerates the objects of the kinds that the Dask chart's parts are made of.</summary>
    /// <param name="manifest">The manifest: YAML documents, those of other charts and kinds among them.</param>
    /// <returns>The objects, in the manifest's order.</returns>
    /// <remarks>
    /// A document that does not parse is passed over: the API server took the manifest, so it is none of ours (or the record was
    /// tampered with, and then there is nothing to find).
    /// </remarks>
    public static IEnumerable<ValueNode.Map> Enumerate(string manifest) => EnumerateObjects(manifest).Select(static o => o.Item);

    /// <summary>Enumerates the same with the charts that their templates belong to.</summary>
    public static IEnumerable<ManifestObject> EnumerateObjects(string manifest)
    {
        foreach ((int start, int length) in Split(manifest))
        {
            ReadOnlySpan<char> text = manifest.AsSpan(start, length);
            if (!text.Contains("Deployment", StringComparison.Ordinal)
                && !text.Contains("Service", StringComparison.Ordinal)
                && !text.Contains("Ingress", StringComparison.Ordinal))
            {
                continue;
            }

            IReadOnlyList<string>? charts = ManifestObject.ChartsOf(manifest.AsSpan(start, length));
            foreach (ValueNode.Map item in Parse(manifest.Substring(start, length)))
            {
                yield return new ManifestObject(item, charts);
            }
        }
    }

    private static List<ValueNode.Map> Parse(string document)
    {
        ValueNode? root;
        try
        {
            root = YamlLoader.LoadFirst(document);
        }
        catch (HelmValuesException)
        {
            return [];
        }

        if (root is not ValueNode.Map map)
        {
            return [];
        }

        return map["kind"] is ValueNode.Text { Value: "List" } && map["items"] is ValueNode.List list
            ? [.. list.Items.OfType<ValueNode.Map>()]
            : [map];
    }

    // A line that begins with three dashes ends a document everywhere in YAML: inside block scalars it would be indented, and
    // inside quotes it is forbidden.
    private static IEnumerable<(int Start, int Length)> Split(string manifest)
    {
        int start = 0;
        int line = 0;
        while (line < manifest.Length)
        {
            int next = manifest.IndexOf('\n', line) is var end && end < 0 ? manifest.Length : end + 1;
            if (IsMarker(manifest.AsSpan(line, next - line)))
            {
                if (line > start)
                {
                    yield return (start, line - start);
                }

                // What follows the dashes on their line belongs to the document.
                start = line + 3;
            }

            line = next;
        }

        if (start < manifest.Length)
        {
            yield return (start, manifest.Length - start);
        }
    }

    private static bool IsMarker(ReadOnlySpan<char> line) =>
        line.StartsWith("---", StringComparison.Ordinal) && (line.Length == 3 || line[3] is ' ' or '\t' or '\r' or '\n');
}
