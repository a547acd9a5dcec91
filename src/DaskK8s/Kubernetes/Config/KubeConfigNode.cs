using System.Diagnostics.CodeAnalysis;

namespace DaskK8s.Kubernetes.Config;

/// <summary>Is one node of a kubeconfig's YAML, with its place in the file, so that a mistake can be pointed at without quoting it.</summary>
internal sealed class KubeConfigNode
{
    /// <summary>Gets the file that the node stands in.</summary>
    public required string Path { get; init; }

    /// <summary>Gets the node's line, counted from 1.</summary>
    public required int Line { get; init; }

    /// <summary>Gets the node's column, counted from 1.</summary>
    public required int Column { get; init; }

    /// <summary>Gets the text of a scalar; null for a list or a map.</summary>
    public string? Text { get; init; }

    /// <summary>Gets a value indicating whether a scalar stands without quotes, so that YAML may read it as a number or a null.</summary>
    public bool IsPlain { get; init; }

    /// <summary>Gets the items of a list; null for anything else.</summary>
    public List<KubeConfigNode>? Items { get; init; }

    /// <summary>Gets the entries of a map; null for anything else.</summary>
    public Dictionary<string, KubeConfigNode>? Entries { get; init; }

    /// <summary>Gets how deeply lists and maps are nested in the node, aliases included: 0 for a scalar.</summary>
    public int Depth { get; private set; }

    /// <summary>Gets a value indicating whether the node stands for nothing.</summary>
    public bool IsNull => IsPlain && Text is "" or "~" or "null" or "Null" or "NULL";

    /// <summary>Creates a map without entries in the place of one that is missing.</summary>
    /// <param name="place">The node that it is missing from.</param>
    /// <returns>The map.</returns>
    public static KubeConfigNode EmptyMap(KubeConfigNode place) =>
        new() { Path = place.Path, Line = place.Line, Column = place.Column, Entries = [] };

    /// <summary>Takes note of a node inside this one; an alias stands for as much as what it names.</summary>
    /// <param name="child">The node inside.</param>
    public void Contain(KubeConfigNode child) => Depth = Math.Max(Depth, child.Depth + 1);

    /// <summary>Looks an entry of a map up.</summary>
    /// <param name="key">The entry's key.</param>
    /// <param name="node">The entry.</param>
    /// <returns>False where it is missing or null.</returns>
    public bool TryGet(string key, [NotNullWhen(true)] out KubeConfigNode? node)
    {
        if (Entries is null)
        {
            throw Mistake("a map is expected here");
        }

        return Entries.TryGetValue(key, out node) && !node.IsNull;
    }

    /// <summary>Reads a text.</summary>
    /// <param name="key">The entry's key.</param>
    /// <returns>The text; null where it is missing or empty.</returns>
    public string? GetText(string key)
    {
        if (!TryGet(key, out KubeConfigNode? node))
        {
            return null;
        }

        string text = node.Text ?? throw node.Mistake($"'{key}' must be a text");
        return text.Length == 0 ? null : text;
    }

    /// <summary>Reads a truth value.</summary>
    /// <param name="key">The entry's key.</param>
    /// <returns>The value; false where it is missing.</returns>
    public bool GetFlag(string key)
    {
        if (!TryGet(key, out KubeConfigNode? node))
        {
            return false;
        }

        return node.Text switch
        {
            "true" or "True" or "TRUE" => true,
            "false" or "False" or "FALSE" => false,
            _ => throw node.Mistake($"'{key}' must be true or false"),
        };
    }

    /// <summary>Reads a list.</summary>
    /// <param name="key">The entry's key.</param>
    /// <returns>The items; none where it is missing.</returns>
    public IReadOnlyList<KubeConfigNode> GetItems(string key)
    {
        if (!TryGet(key, out KubeConfigNode? node))
        {
            return [];
        }

        return node.Items ?? throw node.Mistake($"'{key}' must be a list");
    }

    /// <summary>Reads a list of texts.</summary>
    /// <param name="key">The entry's key.</param>
    /// <returns>The texts; none where it is missing.</returns>
    public List<string> GetTexts(string key) =>
        [.. GetItems(key).Select(item => item.Text ?? throw item.Mistake($"'{key}' must hold texts only"))];

    /// <summary>Creates the error for a mistake at this node.</summary>
    /// <param name="what">What is wrong, without the content.</param>
    /// <returns>The error.</returns>
    public KubeConfigException Mistake(string what) =>
        new($"The kubeconfig '{Path}' is malformed at line {Line}, column {Column}: {what}.")
        {
            Path = Path,
            Line = Line,
            Column = Column,
        };
}
