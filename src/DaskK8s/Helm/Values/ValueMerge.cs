using DaskK8s.Yaml;

namespace DaskK8s.Helm.Values;

/// <summary>Merges a chart's defaults and the user's values as Helm's <c>CoalesceValues</c> does.</summary>
internal static class ValueMerge
{
    /// <summary>Merges the user's values over the chart's defaults.</summary>
    /// <param name="defaults">The chart's values.</param>
    /// <param name="config">The user's values.</param>
    /// <returns>The values that the templates receive.</returns>
    /// <remarks>
    /// Maps are merged, everything else is replaced as a whole. A null deletes the default. Below the top level it deletes the key
    /// even if there is no default, but at the top level, and in a map that has no default, it remains a null, because Helm uses
    /// two different loops. A user's value of another kind than the default (map or not) takes precedence.
    /// </remarks>
    public static ValueNode.Map Coalesce(ValueNode.Map defaults, ValueNode.Map config) =>
        config.Count == 0 ? defaults : Lay(defaults, config, keepsNulls: true);

    private static ValueNode.Map Lay(ValueNode.Map defaults, ValueNode.Map config, bool keepsNulls)
    {
        OrderedDictionary<string, ValueNode> merged = new(defaults.Count + config.Count, StringComparer.Ordinal);
        foreach ((string? key, ValueNode? byDefault) in defaults.Entries)
        {
            switch (config[key])
            {
                case null:
                    merged.Add(key, byDefault);
                    break;
                case ValueNode.Null:
                    break;
                case ValueNode.Map table when byDefault is ValueNode.Map defaultTable:
                    merged.Add(key, Lay(defaultTable, table, keepsNulls: false));
                    break;
                case { } value:
                    merged.Add(key, value);
                    break;
            }
        }

        foreach ((string? key, ValueNode? value) in config.Entries)
        {
            if (defaults[key] is null && (keepsNulls || value is not ValueNode.Null))
            {
                merged.Add(key, value);
            }
        }

        return new ValueNode.Map(merged);
    }

    /// <summary>Merges a worker group over the default group as the chart's template does (<c>merge . $.Values.worker</c>).</summary>
    /// <param name="group">The group's own values.</param>
    /// <param name="worker">The default group's values.</param>
    /// <returns>The values that the template receives.</returns>
    /// <remarks>
    /// The template function treats every empty value of the group as missing: null, false, 0, "" and an empty list or map.
    /// Therefore <c>replicas: 0</c> deploys the default group's number.
    /// </remarks>
    public static ValueNode.Map MergeGroup(ValueNode.Map group, ValueNode.Map worker)
    {
        OrderedDictionary<string, ValueNode> merged = group.ToBuilder();
        foreach ((string? key, ValueNode? byDefault) in worker.Entries)
        {
            ValueNode? own = group[key];
            if (own is ValueNode.Map { Count: > 0 } table && byDefault is ValueNode.Map defaultTable)
            {
                merged[key] = MergeGroup(table, defaultTable);
            }
            else if (own is null || (IsEmpty(own) && !IsEmpty(byDefault)))
            {
                merged[key] = byDefault;
            }
        }

        return new ValueNode.Map(merged);
    }

    /// <summary>Determines whether a template treats a value as empty.</summary>
    public static bool IsEmpty(ValueNode? value) => value switch
    {
        null or ValueNode.Null => true,
        ValueNode.Bool flag => !flag.Value,
        ValueNode.Number number => ValueNumber.IsZero(number),
        ValueNode.Text text => text.Value.Length == 0,
        ValueNode.List list => list.Items.Count == 0,
        ValueNode.Map map => map.Count == 0,
        _ => false,
    };
}
