using DaskK8s.Yaml;

namespace DaskK8s.Helm.Values;

/// <summary>Finds the Dask chart's values: at the top level, or under the chart's name if another chart includes it.</summary>
internal static class DaskValues
{
    public const string ChartName = "dask";
    public const string GroupsKey = "additional_worker_groups";
    public const string WorkerKey = "worker";

    /// <summary>Finds the path to the Dask chart's values by their structure, when no object indicates it.</summary>
    /// <param name="chartName">The chart of the release.</param>
    /// <param name="defaults">The chart's values.</param>
    /// <param name="config">The user's values.</param>
    /// <returns>The keys; none for the top level.</returns>
    public static IReadOnlyList<string> PathOf(string chartName, ValueNode.Map defaults, ValueNode.Map config)
    {
        if (string.Equals(chartName, ChartName, StringComparison.Ordinal) || LooksLikeDask(defaults) || LooksLikeDask(config))
        {
            return [];
        }

        if (defaults[ChartName] is ValueNode.Map || config[ChartName] is ValueNode.Map)
        {
            return [ChartName];
        }

        foreach ((string? key, ValueNode? value) in defaults.Entries.Concat(config.Entries))
        {
            if (value is ValueNode.Map map && LooksLikeDask(map))
            {
                return [key];
            }
        }

        return [];
    }

    /// <summary>Searches for a chart's values by its name, breadth first.</summary>
    /// <returns>The keys that lead to a map of that name that contains Dask's parts; null if there is none.</returns>
    public static IReadOnlyList<string>? Search(ValueNode.Map values, string name, int depth)
    {
        List<(ValueNode.Map Map, IReadOnlyList<string> Path)> level = [(values, [])];
        for (int i = 0; i < depth && level.Count > 0; i++)
        {
            foreach ((ValueNode.Map map, IReadOnlyList<string> path) in level)
            {
                if (map[name] is ValueNode.Map found && HasParts(found))
                {
                    return [.. path, name];
                }
            }

            level = [.. level.SelectMany(static l => l.Map.Entries
                .Where(static e => e.Value is ValueNode.Map)
                .Select(e => ((ValueNode.Map)e.Value, (IReadOnlyList<string>)[.. l.Path, e.Key])))];
        }

        return null;
    }

    /// <summary>Returns the Dask chart's values from those of a release.</summary>
    public static ValueNode.Map Select(ValueNode.Map values, IReadOnlyList<string> path) => values.MapAt([.. path]);

    /// <summary>Replaces the Dask chart's values in those of a release.</summary>
    public static ValueNode.Map Put(ValueNode.Map values, IReadOnlyList<string> path, ValueNode.Map dask) =>
        path.Count == 0 ? dask : values.With(path[0], Put(values.MapAt(path[0]), [.. path.Skip(1)], dask));

    private static bool HasParts(ValueNode.Map values) => values[WorkerKey] is ValueNode.Map || values["scheduler"] is ValueNode.Map || LooksLikeDask(values);

    private static bool LooksLikeDask(ValueNode.Map values) => values[GroupsKey] is ValueNode.List || (values[WorkerKey] is ValueNode.Map worker && worker["custom_scheduler_url"] is not null);
}
