using DaskK8s.Helm.Values;
using DaskK8s.Yaml;

namespace DaskK8s.Helm.Chart;

/// <summary>Knows the names that the Dask chart gives its objects, for where no manifest says them.</summary>
/// <remarks>From the chart's <c>_helpers.tpl</c> and templates, version 2025.11.0.</remarks>
internal sealed record ChartNames(string FullName)
{
    private const int MaxLength = 63;

    public string Scheduler => FullName + "-scheduler";

    public string DefaultWorkers => FullName + "-worker";

    public string Jupyter => FullName + "-jupyter";

    public string CommPort => FullName + "-scheduler";

    public string DashboardPort => FullName + "-webui";

    public string Workers(string group) => $"{FullName}-worker-{group}";

    /// <summary>Reads the name of a group out of its Deployment's name.</summary>
    /// <returns>Null where the Deployment is not named as an additional group is.</returns>
    public string? GroupOf(string deployment)
    {
        string prefix = FullName + "-worker-";
        return deployment.Length > prefix.Length && deployment.StartsWith(prefix, StringComparison.Ordinal) ? deployment[prefix.Length..] : null;
    }

    /// <summary>Applies the chart's rules for its objects' common name.</summary>
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
