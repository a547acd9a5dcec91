using System.Text.RegularExpressions;

using DaskK8s.Yaml;

namespace DaskK8s.Helm.Chart;

/// <summary>Finds the Kubernetes objects of certain kinds in a release's manifest, one document at a time.</summary>
internal static partial class ManifestDocuments
{
    /// <summary>Enumerates the same objects without their charts, and skips unreadable documents.</summary>
    public static IEnumerable<ValueNode.Map> Enumerate(string manifest) => EnumerateObjects(manifest, damaged: null).Select(static o => o.Item);

    /// <summary>Enumerates the objects of the kinds that the Dask chart uses.</summary>
    /// <param name="manifest">The manifest: YAML documents, including those of other charts and kinds.</param>
    /// <param name="damaged">Creates the error for an unreadable document of the Dask chart; null to skip the document.</param>
    /// <returns>The objects with the charts of their templates, in the manifest's order, parsed as the API server parsed them.</returns>
    /// <remarks>
    /// A document that cannot be parsed is skipped if it does not belong to the Dask chart: the API server accepted the manifest, so it is
    /// larger or more deeply nested than this reader supports (or the record was tampered with). In the Dask chart, skipping it would make
    /// a worker group disappear, so it is an error.
    /// </remarks>
    public static IEnumerable<ManifestObject> EnumerateObjects(string manifest, Func<string, Exception>? damaged)
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
            foreach (ValueNode.Map item in Parse(manifest.Substring(start, length), damaged))
            {
                yield return new ManifestObject(item, charts);
            }
        }
    }

    private static List<ValueNode.Map> Parse(string document, Func<string, Exception>? damaged)
    {
        ValueNode? root;
        try
        {
            root = YamlReader.ReadFirst(document);
        }
        catch (YamlSyntaxException e)
        {
            return damaged is not null && OurKind().Match(document) is { Success: true } kind && Component().IsMatch(document)
                ? throw damaged($"a {kind.Groups[1].Value} in its manifest cannot be read, at line {e.Line}, column {e.Column} of its document: {e.Message}")
                : [];
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

    [GeneratedRegex(@"^kind:\s*[""']?(Deployment|Service)\b", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex OurKind();

    // The label that the chart gives all its objects.
    [GeneratedRegex(@"\bcomponent[""']?:", RegexOptions.CultureInvariant)]
    private static partial Regex Component();
}
