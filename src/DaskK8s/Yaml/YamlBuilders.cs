namespace DaskK8s.Yaml;

/// <summary>Collects the items of a list, and counts its values.</summary>
internal sealed class YamlListBuilder(YamlMark mark)
{
    private readonly List<ValueNode> _items = [];
    private long _weight = 1;
    private int _depth = 1;

    public void Add((ValueNode Node, long Weight) item, long maxNodes)
    {
        _items.Add(item.Node);
        _depth = YamlMapBuilder.Deepen(_depth, item.Node, mark);
        _weight = YamlMapBuilder.Count(_weight, item.Weight, maxNodes, mark);
    }

    public (ValueNode Node, long Weight) Build() => (new ValueNode.List([.. _items]) { Line = mark.Line, Column = mark.Column + 1, Depth = _depth }, _weight);
}

/// <summary>Collects the entries of a map in document order: a later entry replaces an earlier one, also in a merge.</summary>
internal sealed class YamlMapBuilder(YamlMark mark)
{
    private readonly OrderedDictionary<string, ValueNode> _entries = new(StringComparer.Ordinal);
    private long _weight = 1;
    private readonly HashSet<string> _own = new(StringComparer.Ordinal);
    private YamlSyntaxException? _refusal;
    private int _depth = 1;

    /// <summary>Counts the levels of a list or map, including the levels of aliases.</summary>
    public static int Deepen(int depth, ValueNode child, YamlMark mark) =>
        Math.Max(depth, child.Depth + 1) is var deeper && deeper <= YamlReader.MaxDepth ? deeper : throw new YamlSyntaxException("it is nested too deeply, counting aliases as the values they refer to", mark);

    /// <summary>Adds the numbers of values in two parts of a document.</summary>
    public static long Count(long weight, long more, long maxNodes, YamlMark mark) =>
        weight + more is var sum && sum <= maxNodes ? sum : throw new YamlSyntaxException("it holds too many values, counting aliases as the values they refer to", mark);

    public void Add(YamlKey key, (ValueNode Node, long Weight) value, long maxNodes)
    {
        _weight = Count(_weight, value.Weight, maxNodes, mark);
        _depth = Deepen(_depth, value.Node, mark);
        if (!key.IsMerge)
        {
            _entries[key.Text] = value.Node;
            _own.Add(key.Text);
            _refusal ??= key.Refusal;
            return;
        }

        switch (value.Node)
        {
            case ValueNode.Map map:
                Merge(map);
                break;
            case ValueNode.List list when list.Items.All(item => item is ValueNode.Map):
                // The first map of a list wins over the others.
                foreach (ValueNode.Map? map in list.Items.OfType<ValueNode.Map>().Reverse())
                {
                    Merge(map);
                }

                break;
            default:
                throw new YamlSyntaxException("'<<' merges maps only", new YamlMark(0, value.Node.Line, value.Node.Column - 1));
        }
    }

    /// <summary>Creates the map: its own keys in order, followed by those that come only from merges.</summary>
    public (ValueNode Node, long Weight) Build()
    {
        OrderedDictionary<string, ValueNode> entries = _own.Count == _entries.Count
            ? _entries
            : new(_entries.Where(entry => _own.Contains(entry.Key)).Concat(_entries.Where(entry => !_own.Contains(entry.Key))), StringComparer.Ordinal);
        return (new ValueNode.Map(entries) { Line = mark.Line, Column = mark.Column + 1, Depth = _depth, Refusal = _refusal }, _weight);
    }

    private void Merge(ValueNode.Map map)
    {
        _refusal ??= map.Refusal;
        foreach ((string? key, ValueNode? value) in map.Entries)
        {
            _entries[key] = value;
        }
    }
}
