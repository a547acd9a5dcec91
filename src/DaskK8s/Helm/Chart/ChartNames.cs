using DaskK8s.Helm.Values;
using DaskK8s.Yaml;

namespace DaskK8s.Helm.Chart;

/// <summary>The names that the Dask chart gives its objects, used when there is no manifest to read them from.</summary>
/// <remarks>From the chart's <c>_helpers.tpl</c> and templates, version 2025.11.0.</remarks>
/// <param name="FullName">The common prefix of all names.</param>
/// <param name="Suffix">The common suffix of all names, which kustomize's <c>nameSuffix</c> adds.</param>
internal sealed record ChartNames(string FullName, string Suffix = "")
{
    private const int MaxLength = 63;

    public string Scheduler => FullName + "-scheduler" + Suffix;

    public string DefaultWorkers => FullName + "-worker" + Suffix;

    public string CommPort => FullName + "-scheduler";

    public string DashboardPort => FullName + "-webui";

    public string Workers(string group) => $"{FullName}-worker-{group}{Suffix}";

    /// <summary>Returns the name of a group, read from its Deployment's name.</summary>
    /// <returns>Null if the Deployment's name is not that of an additional group.</returns>
    public string? GroupOf(string deployment)
    {
        string prefix = FullName + "-worker-";
        return deployment.Length > prefix.Length + Suffix.Length && deployment.StartsWith(prefix, StringComparison.Ordinal) && deployment.EndsWith(Suffix, StringComparison.Ordinal)
            ? deployment[prefix.Length..^Suffix.Length]
            : null;
    }

    /// <summary>Derives the names from a scheduler or default group that no naming rule explains: another chart version, unknown overrides, or kustomize.</summary>
    /// <param name="deployment">The Deployment's name.</param>
    /// <param name="part">The part's name in the chart: <c>scheduler</c> or <c>worker</c>.</param>
    /// <returns>Null if the names cannot be derived from it.</returns>
    public static ChartNames? Around(string deployment, string part)
    {
        int at = deployment.LastIndexOf($"-{part}", StringComparison.Ordinal);
        int end = at + part.Length + 1;
        return at > 0 && (end == deployment.Length || deployment[end] == '-') ? new ChartNames(deployment[..at], deployment[end..]) : null;
    }

    /// <summary>Applies the chart's rules for the common name of its objects.</summary>
    /// <param name="release">The name of the release.</param>
    /// <param name="values">The Dask chart's computed values.</param>
    /// <param name="chartName">The chart's name.</param>
    /// <returns>The names.</returns>
    public static ChartNames For(string release, ValueNode.Map values, string chartName = DaskValues.ChartName)
    {
        if (TextOf(values["fullnameOverride"]) is { } fullName)
        {
            return new ChartNames(Cut(fullName));
        }

        string name = TextOf(values["nameOverride"]) ?? chartName;
        return new ChartNames(Cut(release.Contains(name, StringComparison.Ordinal) ? release : $"{release}-{name}"));
    }

    private static string? TextOf(ValueNode? node) => node switch
    {
        ValueNode.Text { Value.Length: > 0 } text => text.Value,
        ValueNode.Number number => number.Raw,
        _ => null,
    };

    // trimSuffix takes one dash away, not all of them.
    private static string Cut(string name)
    {
        string cut = name.Length > MaxLength ? name[..MaxLength] : name;
        return cut.EndsWith('-') ? cut[..^1] : cut;
    }
}
