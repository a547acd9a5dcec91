using DaskK8s.Yaml;

namespace DaskK8s.Helm.Values;

/// <summary>Reads expected entries of a tree and treats anything else as missing.</summary>
internal static class NodeReading
{
    public static ValueNode? At(this ValueNode? node, params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
        {
            node = (node as ValueNode.Map)?[key];
        }

        return node;
    }

    public static ValueNode.Map MapAt(this ValueNode? node, params ReadOnlySpan<string> keys) =>
        node.At(keys) as ValueNode.Map ?? ValueNode.Map.Empty;

    public static IReadOnlyList<ValueNode> ListAt(this ValueNode? node, params ReadOnlySpan<string> keys) =>
        (node.At(keys) as ValueNode.List)?.Items ?? [];

    /// <summary>Reads a scalar as a string; null if it is missing, null or empty.</summary>
    public static string? TextAt(this ValueNode? node, params ReadOnlySpan<string> keys) => node.At(keys).AsText();

    /// <summary>Reads a whole number, quoted or not.</summary>
    public static int? IntAt(this ValueNode? node, params ReadOnlySpan<string> keys) => node.At(keys) switch
    {
        ValueNode.Number number when ValueNumber.TryGetInt64(number, out long value) && value is >= int.MinValue and <= int.MaxValue => (int)value,
        ValueNode.Text text when ValueNumber.TryGetInt64(new ValueNode.Number(text.Value), out long value) && value is >= int.MinValue and <= int.MaxValue => (int)value,
        _ => null,
    };

    public static bool? BoolAt(this ValueNode? node, params ReadOnlySpan<string> keys) => (node.At(keys) as ValueNode.Bool)?.Value;

    public static string? AsText(this ValueNode? node) => node switch
    {
        ValueNode.Text { Value.Length: > 0 } text => text.Value,
        ValueNode.Number number => number.Raw,
        ValueNode.Bool flag => flag.Value ? "true" : "false",
        _ => null,
    };
}
