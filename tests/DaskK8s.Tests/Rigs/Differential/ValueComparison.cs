using System.Text.Json;

using DaskK8s.Yaml;

namespace DaskK8s.Tests.Rigs.Differential;

/// <summary>Compares the library's values with kubectl's JSON.</summary>
internal static class ValueComparison
{
    /// <summary>Looks for the first difference.</summary>
    /// <returns>Where it is and what it is; null for none.</returns>
    public static string? Differ(ValueNode ours, JsonElement theirs, string at = "")
    {
        switch (ours)
        {
            case ValueNode.Null when theirs.ValueKind == JsonValueKind.Null:
            case ValueNode.Bool { Value: true } when theirs.ValueKind == JsonValueKind.True:
            case ValueNode.Bool { Value: false } when theirs.ValueKind == JsonValueKind.False:
            case ValueNode.Text text when theirs.ValueKind == JsonValueKind.String && theirs.GetString() == text.Value:
            case ValueNode.Number number when theirs.ValueKind == JsonValueKind.Number && IsSame(number, theirs):
                return null;
            case ValueNode.List list when theirs.ValueKind == JsonValueKind.Array && theirs.GetArrayLength() == list.Items.Count:
                return list.Items.Select((item, i) => Differ(item, theirs[i], $"{at}[{i}]")).FirstOrDefault(difference => difference is not null);
            case ValueNode.Map map when theirs.ValueKind == JsonValueKind.Object && theirs.GetPropertyCount() == map.Count && map.Entries.Keys.All(key => theirs.TryGetProperty(key, out _)):
                return map.Entries.Select(entry => Differ(entry.Value, theirs.GetProperty(entry.Key), $"{at}.{entry.Key}")).FirstOrDefault(difference => difference is not null);
            default:
                return $"{at}: {Describe(ours)} here, {theirs.GetRawText()} there";
        }
    }

    // kubectl keeps integers of 64 bits and makes floats of all other numbers.
    private static bool IsSame(ValueNode.Number ours, JsonElement theirs) =>
        ValueNumber.TryGetInt64(ours, out long whole) && theirs.TryGetInt64(out long other)
            ? whole == other
            : ValueNumber.TryGetDouble(ours, out double real) && real == theirs.GetDouble();

    private static string Describe(ValueNode node) => node switch
    {
        ValueNode.Text text => JsonSerializer.Serialize(text.Value),
        ValueNode.Number number => number.Raw,
        ValueNode.Map map => $"a map with the keys {string.Join(", ", map.Entries.Keys)}",
        ValueNode.List list => $"a list of {list.Items.Count}",
        _ => node.Kind,
    };
}
