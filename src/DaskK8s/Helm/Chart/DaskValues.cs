using DaskK8s.Helm.Values;

namespace DaskK8s.Helm.Chart;

/// <summary>Finds the Dask chart's values: at the top, or below the chart's name where another chart brings it along.</summary>
internal static class DaskValues
{
    public const string ChartName = "dask";
    public const string GroupsKey = "additional_worker_groups";
    public const string WorkerKey = "worker";

    /// <summary>Finds the key that the Dask chart's values stand under.</summary>
    /// <param name="chartName">The chart of the release.</param>
    /// <param name="defaults">The chart's values.</param>
    /// <param name="config">The user's values.</param>
    /// <returns>Null for the top.</returns>
    public static string? PrefixOf(string chartName, ValueNode.Map defaults, ValueNode.Map config)
    {
        if (string.Equals(chartName, ChartName, StringComparison.Ordinal) || LooksLikeDask(defaults) || LooksLikeDask(config))
        {
            return null;
        }

        if (defaults[ChartName] is ValueNode.Map || config[ChartName] is ValueNode.Map)
        {
            return ChartName;
        }

        foreach ((string? key, ValueNode? value) in defaults.Entries.Concat(config.Entries))
        {
            if (value is ValueNode.Map map && LooksLikeDask(map))
            {
                return key;
            }
        }

        return null;
    }

    /// <summary>Gets the Dask chart's values out of those of a release.</summary>
    public static ValueNode.Map Select(ValueNode.Map values, string? prefix) =>
        prefix is null ? values : values[prefix] as ValueNode.Map ?? ValueNode.Map.Empty;

    private static bool LooksLikeDask(ValueNode.Map values) => values[GroupsKey] is ValueNode.List || (values[WorkerKey] is ValueNode.Map worker && worker["custom_scheduler_url"] is not null);
}
