using System.Diagnostics.CodeAnalysis;

using DaskK8s.Common;
using DaskK8s.Yaml;

namespace DaskK8s.Kubernetes.Config;

/// <summary>A part of a kubeconfig, read with the types that kubectl expects, so that an error can be located without quoting it.</summary>
/// <param name="path">The file that contains it.</param>
/// <param name="value">The parsed value.</param>
internal sealed class KubeConfigNode(string path, ValueNode value)
{
    /// <summary>Gets the file that contains the node.</summary>
    public string Path { get; } = path;

    /// <summary>Gets the parsed value.</summary>
    public ValueNode Value { get; } = value;

    /// <summary>Gets the keys of a map.</summary>
    /// <exception cref="KubeConfigException">The node is not a map.</exception>
    public IEnumerable<string> Keys => AsMap().Entries.Keys;

    /// <summary>Reads the root of a file: its first document, as kubectl does.</summary>
    /// <param name="path">The file's path, for errors.</param>
    /// <param name="content">The file's content.</param>
    /// <returns>The root, a map; null if the file is empty.</returns>
    /// <exception cref="KubeConfigException">The content is not YAML, or not a map.</exception>
    public static KubeConfigNode? ReadRoot(string path, string content)
    {
        try
        {
            return YamlReader.ReadFirst(content) is { } root and not ValueNode.Null
                ? root is ValueNode.Map ? new KubeConfigNode(path, root) : throw new KubeConfigNode(path, root).Mistake("a kubeconfig is a map")
                : null;
        }
        catch (YamlSyntaxException e)
        {
            throw Mistake(path, e.Line, e.Column, e.Message);
        }
    }

    /// <summary>Looks up an entry of a map.</summary>
    /// <param name="key">The entry's key.</param>
    /// <param name="node">The entry.</param>
    /// <returns>False if it is missing or null.</returns>
    public bool TryGet(string key, [NotNullWhen(true)] out KubeConfigNode? node)
    {
        node = AsMap()[key] is { } value and not ValueNode.Null ? new KubeConfigNode(Path, value) : null;
        return node is not null;
    }

    /// <summary>Reads a string.</summary>
    /// <param name="key">The entry's key.</param>
    /// <returns>The string; null if it is missing or empty.</returns>
    public string? GetText(string key) =>
        TryGet(key, out KubeConfigNode? node) && node.AsText($"'{key}' must be a text") is { Length: > 0 } text ? text : null;

    /// <summary>Reads <c>kind</c> or <c>apiVersion</c>, whose keys are case-insensitive in kubectl: of several, the last in byte order that is not null is used.</summary>
    /// <param name="field">The field's name.</param>
    /// <returns>The string; null if it is missing or empty.</returns>
    public string? GetMeta(string field) =>
        Keys.Where(key => GoJson.IsField(key, field)).Order(StringComparer.Ordinal)
            .Select(key => TryGet(key, out KubeConfigNode? node) ? node.AsText($"'{key}' must be a text") : null)
            .LastOrDefault(static text => text is not null) is { Length: > 0 } last ? last : null;

    /// <summary>Reads a boolean.</summary>
    /// <param name="key">The entry's key.</param>
    /// <returns>The value; false if it is missing.</returns>
    public bool GetFlag(string key) =>
        TryGet(key, out KubeConfigNode? node)
        && (node.Value is ValueNode.Bool flag ? flag.Value : throw node.Mistake($"'{key}' must be true or false, without quotes"));

    /// <summary>Reads a list.</summary>
    /// <param name="key">The entry's key.</param>
    /// <returns>The items; none if it is missing.</returns>
    public IReadOnlyList<KubeConfigNode> GetItems(string key)
    {
        if (!TryGet(key, out KubeConfigNode? node))
        {
            return [];
        }

        return node.Value is ValueNode.List list
            ? [.. list.Items.Select(item => new KubeConfigNode(Path, item))]
            : throw node.Mistake($"'{key}' must be a list");
    }

    /// <summary>Reads a list of strings.</summary>
    /// <param name="key">The entry's key.</param>
    /// <returns>The strings; none if it is missing.</returns>
    public List<string> GetTexts(string key) => [.. GetItems(key).Select(item => item.AsText($"'{key}' must contain only strings"))];

    /// <summary>Creates the error for a problem at this node.</summary>
    /// <param name="what">What is wrong, without the content.</param>
    /// <returns>The error.</returns>
    public KubeConfigException Mistake(string what) => Mistake(Path, Value.Line, Value.Column, what);

    private static KubeConfigException Mistake(string path, int line, int column, string what) =>
        new($"The kubeconfig '{path}' is malformed at line {line}, column {column}: {what}.")
        {
            Path = path,
            Line = line,
            Column = column,
        };

    // Nothing counts as an empty map, as in Go.
    private ValueNode.Map AsMap() => Value switch
    {
        ValueNode.Map map => map,
        ValueNode.Null => ValueNode.Map.Empty,
        _ => throw Mistake("a map is expected here"),
    };

    private string AsText(string refusal) => Value switch
    {
        ValueNode.Text text => text.Value,
        ValueNode.Null => "",
        ValueNode.Number or ValueNode.Bool => throw Mistake($"{refusal}, and YAML reads a {Value.Kind} here: put it in quotes"),
        _ => throw Mistake(refusal),
    };
}
