using DaskK8s.Yaml;

namespace DaskK8s.Helm.Chart;

/// <summary>An object of a manifest, with the chart that its template belongs to.</summary>
/// <param name="Item">The object.</param>
/// <param name="Charts">The names (or aliases) of the charts from below the release's own down to the template's; null if Helm wrote no comment.</param>
internal sealed record ManifestObject(ValueNode.Map Item, IReadOnlyList<string>? Charts)
{
    private const string Comment = "# Source: ";
    private const string ChartsFolder = "charts";
    private const string TemplatesFolder = "templates";

    /// <summary>Returns the charts in the comment that Helm writes above each object, such as <c># Source: umbrella/charts/alias/templates/x.yaml</c>.</summary>
    public static IReadOnlyList<string>? ChartsOf(ReadOnlySpan<char> document)
    {
        foreach (Range range in document.Split('\n'))
        {
            ReadOnlySpan<char> line = document[range].Trim();
            if (line.StartsWith(Comment, StringComparison.Ordinal))
            {
                return ChartsIn(line[Comment.Length..].ToString().Split('/'));
            }

            if (!line.IsEmpty && line[0] != '#')
            {
                return null;
            }
        }

        return null;
    }

    private static List<string>? ChartsIn(string[] path)
    {
        List<string> charts = [];
        int at = 1;
        for (; at + 1 < path.Length && path[at] == ChartsFolder; at += 2)
        {
            charts.Add(path[at + 1]);
        }

        return at < path.Length && path[at] == TemplatesFolder ? charts : null;
    }
}
