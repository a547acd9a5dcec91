namespace DaskK8s.Yaml;

/// <summary>Builds values from YAML (or JSON) as Helm and kubectl do. Aliases share the node that they refer to.</summary>
/// <remarks>
/// The last of duplicate keys in a map wins, and a merge (<c>&lt;&lt;</c>) replaces the entries before it. Values that JSON cannot
/// represent are rejected, because both tools convert YAML to JSON first. Limits: 200 levels, and 250,000 values with aliases counted
/// at their full size, so that exponentially growing aliases are rejected before anything is copied.
/// </remarks>
internal sealed class YamlReader
{
    /// <summary>The maximum nesting depth.</summary>
    public const int MaxDepth = 200;

    private const long MaxNodes = 250_000;

    private readonly YamlScanner _scanner;
    private readonly Dictionary<string, AnchorTarget> _anchors = new(StringComparer.Ordinal);
    private readonly YamlDirectives _directives = new();
    private YamlMark? _lastAlias;

    private YamlReader(string text) => _scanner = new YamlScanner(text);

    /// <summary>Reads the first document and ignores the rest, as Helm 3 and kubectl do with whole files.</summary>
    /// <param name="text">The YAML.</param>
    /// <returns>The document's root; null if there is no document.</returns>
    /// <exception cref="YamlSyntaxException">The string is not YAML, or exceeds the limits.</exception>
    public static ValueNode? ReadFirst(string text) => new YamlReader(text).ReadDocument(isFirst: true);

    /// <summary>Reads the only document that has content.</summary>
    /// <param name="text">The YAML.</param>
    /// <param name="others">The message if another document also has a value.</param>
    /// <returns>The document's root; null if there is no document.</returns>
    /// <exception cref="YamlSyntaxException">The string is not YAML, exceeds the limits, or contains a second document.</exception>
    public static ValueNode? ReadSingle(string text, string others)
    {
        YamlReader reader = new(text);
        ValueNode? only = reader.ReadDocument(isFirst: true);
        for (var i = 0; reader.StartsDocument(); i++)
        {
            YamlMark mark = reader._scanner.Peek().Mark;
            if (reader.ReadDocument(isFirst: false) is not (null or ValueNode.Null))
            {
                throw new YamlSyntaxException(others, mark);
            }
        }

        return only;
    }

    private bool StartsDocument()
    {
        while (_scanner.Peek().Kind == YamlTokenKind.DocumentEnd)
        {
            _scanner.Take();
        }

        return _scanner.Peek().Kind is YamlTokenKind.DocumentStart or YamlTokenKind.VersionDirective or YamlTokenKind.TagDirective;
    }

    private ValueNode? ReadDocument(bool isFirst)
    {
        _anchors.Clear();
        var hasDirectives = _directives.Read(_scanner);
        YamlToken start = _scanner.Peek();
        if (start.Kind == YamlTokenKind.DocumentStart)
        {
            _scanner.Take();
            return _scanner.Peek() switch
            {
                { Kind: YamlTokenKind.VersionDirective or YamlTokenKind.TagDirective or YamlTokenKind.DocumentStart or YamlTokenKind.DocumentEnd or YamlTokenKind.StreamEnd } next => Empty(next.Mark),
                _ => EndDocument(Read(0, isBlock: true)),
            };
        }

        if (hasDirectives)
        {
            throw new YamlSyntaxException("'---' is missing after the directives", start.Mark);
        }

        return isFirst && start.Kind != YamlTokenKind.StreamEnd ? EndDocument(Read(0, isBlock: true)) : null;
    }

    // The token after the document can be malformed, and then so is the document.
    private ValueNode EndDocument((ValueNode Node, long Weight) root)
    {
        _scanner.Peek();
        Check(root.Node, []);
        return root.Node;
    }

    private static void Check(ValueNode node, HashSet<ValueNode> seen)
    {
        if (node.Refusal is { } refusal)
        {
            throw refusal;
        }

        if (node is ValueNode.Number { Raw: ".inf" or "-.inf" or ".nan" })
        {
            throw new YamlSyntaxException("'.inf' and '.nan' are numbers that neither Helm nor kubectl accepts: put the text in quotes", new YamlMark(0, node.Line, node.Column - 1));
        }

        if (node is not (ValueNode.Map or ValueNode.List) || !seen.Add(node))
        {
            return;
        }

        foreach (ValueNode child in node is ValueNode.Map map ? map.Entries.Values : ((ValueNode.List)node).Items)
        {
            Check(child, seen);
        }
    }

    private (ValueNode Node, long Weight) Read(int depth, bool isBlock, bool mayBeIndentless = false)
    {
        YamlToken token = _scanner.Peek();
        if (depth > MaxDepth)
        {
            throw new YamlSyntaxException("it is nested too deeply", token.Mark);
        }

        if (token.Kind == YamlTokenKind.Alias)
        {
            _scanner.Take();
            _lastAlias = token.Mark;
            return _anchors.TryGetValue(token.Text, out AnchorTarget? known)
                ? known.Node is { } named ? (named, known.Weight) : throw new YamlSyntaxException("an alias refers to the value that contains it", token.Mark)
                : throw new YamlSyntaxException("an alias refers to an anchor that does not exist before it", token.Mark);
        }

        (string? anchor, string? tag) = ReadProperties();
        YamlToken content = _scanner.Peek();
        AnchorTarget target = new();
        if (anchor is not null)
        {
            _anchors[anchor] = target;
        }

        (ValueNode Node, long Weight) read;
        switch (content.Kind)
        {
            case YamlTokenKind.BlockEntry when mayBeIndentless:
                read = ReadIndentless(content.Mark, depth);
                break;
            case YamlTokenKind.Scalar:
                _scanner.Take();
                read = (YamlScalar.Resolve(content, tag), 1);
                break;
            case YamlTokenKind.FlowSequenceStart:
                read = ReadFlowList(depth);
                break;
            case YamlTokenKind.FlowMappingStart:
                read = ReadFlowMap(depth);
                break;
            case YamlTokenKind.BlockSequenceStart when isBlock:
                read = ReadBlockList(depth);
                break;
            case YamlTokenKind.BlockMappingStart when isBlock:
                read = ReadBlockMap(depth);
                break;
            default:
                read = anchor is not null || tag is not null
                    ? (YamlScalar.Resolve(new YamlToken(YamlTokenKind.Scalar, content.Mark, IsPlain: true), tag), 1)
                    : throw new YamlSyntaxException("a value is expected here", content.Mark);
                break;
        }

        (target.Node, target.Weight) = read;
        _lastAlias = null;
        return read;
    }

    private (string? Anchor, string? Tag) ReadProperties()
    {
        string? anchor = null;
        string? tag = null;
        while (_scanner.Peek() is { Kind: YamlTokenKind.Anchor or YamlTokenKind.Tag } token && (token.Kind == YamlTokenKind.Anchor ? anchor : tag) is null)
        {
            _scanner.Take();
            if (token.Kind == YamlTokenKind.Anchor)
            {
                anchor = token.Text;
            }
            else
            {
                tag = _directives.Resolve(token);
            }
        }

        return (anchor, tag);
    }

    private (ValueNode Node, long Weight) ReadBlockList(int depth)
    {
        YamlListBuilder list = new(_scanner.Take().Mark);
        while (true)
        {
            YamlToken token = _scanner.Take();
            switch (token.Kind)
            {
                case YamlTokenKind.BlockEntry:
                    list.Add(_scanner.Peek().Kind is YamlTokenKind.BlockEntry or YamlTokenKind.BlockEnd ? Nothing(token.Mark) : Read(depth + 1, isBlock: true), MaxNodes);
                    break;
                case YamlTokenKind.BlockEnd:
                    return list.Build();
                default:
                    throw new YamlSyntaxException("another list item ('- ') or the end of the list is expected here", token.Mark);
            }
        }
    }

    // A list in a map may stand as far to the left as its key.
    private (ValueNode Node, long Weight) ReadIndentless(YamlMark mark, int depth)
    {
        YamlListBuilder list = new(mark);
        while (_scanner.Peek().Kind == YamlTokenKind.BlockEntry)
        {
            YamlToken token = _scanner.Take();
            list.Add(
                _scanner.Peek().Kind is YamlTokenKind.BlockEntry or YamlTokenKind.Key or YamlTokenKind.Value or YamlTokenKind.BlockEnd ? Nothing(token.Mark) : Read(depth + 1, isBlock: true),
                MaxNodes);
        }

        return list.Build();
    }

    private (ValueNode Node, long Weight) ReadBlockMap(int depth)
    {
        YamlMapBuilder map = new(_scanner.Take().Mark);
        while (true)
        {
            YamlToken token = _scanner.Take();
            if (token.Kind == YamlTokenKind.BlockEnd)
            {
                return map.Build();
            }

            if (token.Kind != YamlTokenKind.Key)
            {
                throw new YamlSyntaxException("a key of the map is expected here, aligned with its other keys", token.Mark);
            }

            YamlKey key = ReadKey(token.Mark, depth, isBlock: true, YamlTokenKind.Key, YamlTokenKind.Value, YamlTokenKind.BlockEnd);
            ReadEntry(map, key, depth, isBlock: true, YamlTokenKind.Key, YamlTokenKind.Value, YamlTokenKind.BlockEnd);
        }
    }

    private (ValueNode Node, long Weight) ReadFlowMap(int depth)
    {
        YamlMark start = _scanner.Take().Mark;
        YamlMapBuilder map = new(start);
        for (var isFirst = true; _scanner.Peek() is var token && token.Kind != YamlTokenKind.FlowMappingEnd; isFirst = false)
        {
            if (!isFirst)
            {
                ExpectComma(start, "a map", '}');
                if (_scanner.Peek().Kind == YamlTokenKind.FlowMappingEnd)
                {
                    break;
                }

                token = _scanner.Peek();
            }

            if (token.Kind == YamlTokenKind.Key)
            {
                _scanner.Take();
                YamlKey key = ReadKey(token.Mark, depth, isBlock: false, YamlTokenKind.Value, YamlTokenKind.FlowEntry, YamlTokenKind.FlowMappingEnd);
                ReadEntry(map, key, depth, isBlock: false, YamlTokenKind.FlowEntry, YamlTokenKind.FlowMappingEnd);
            }
            else
            {
                YamlKey key = ReadKey(token.Mark, depth, isBlock: false);
                map.Add(key, Nothing(token.Mark), MaxNodes);
            }
        }

        _scanner.Take();
        return map.Build();
    }

    private (ValueNode Node, long Weight) ReadFlowList(int depth)
    {
        YamlMark start = _scanner.Take().Mark;
        YamlListBuilder list = new(start);
        for (var isFirst = true; _scanner.Peek().Kind != YamlTokenKind.FlowSequenceEnd; isFirst = false)
        {
            if (!isFirst)
            {
                ExpectComma(start, "a list", ']');
            }

            switch (_scanner.Peek())
            {
                case { Kind: YamlTokenKind.FlowSequenceEnd }:
                    break;
                case { Kind: YamlTokenKind.Key } token:
                    _scanner.Take();
                    list.Add(ReadPair(token.Mark, depth + 1), MaxNodes);
                    break;
                default:
                    list.Add(Read(depth + 1, isBlock: false), MaxNodes);
                    break;
            }
        }

        _scanner.Take();
        return list.Build();
    }

    // 'key: value' in a list is a map of one entry.
    private (ValueNode Node, long Weight) ReadPair(YamlMark mark, int depth)
    {
        YamlMapBuilder map = new(mark);
        if (_scanner.Peek() is { Kind: YamlTokenKind.Value or YamlTokenKind.FlowEntry or YamlTokenKind.FlowSequenceEnd } next)
        {
            // Libyaml passes over the next token here, whatever it is.
            _scanner.Take();
            map.Add(YamlKey.Of(Empty(next.Mark)), ReadValue(depth, isBlock: false, YamlTokenKind.FlowEntry, YamlTokenKind.FlowSequenceEnd), MaxNodes);
            return map.Build();
        }

        YamlKey key = ReadKey(mark, depth, isBlock: false);
        ReadEntry(map, key, depth, isBlock: false, YamlTokenKind.FlowEntry, YamlTokenKind.FlowSequenceEnd);
        return map.Build();
    }

    private void ReadEntry(YamlMapBuilder map, YamlKey key, int depth, bool isBlock, params ReadOnlySpan<YamlTokenKind> ends)
    {
        (ValueNode Node, long Weight) value = ReadValue(depth, isBlock, ends);

        // Go's parser merges a list of maps where it stands, but not one that an alias names.
        if (key.IsMerge && _lastAlias is { } alias && value.Node is not ValueNode.Map)
        {
            throw new YamlSyntaxException("'<<' merges only maps, and this alias does not refer to one", alias);
        }

        map.Add(key, value, MaxNodes);
    }

    private YamlKey ReadKey(YamlMark mark, int depth, bool isBlock, params ReadOnlySpan<YamlTokenKind> ends)
    {
        YamlToken first = _scanner.Peek();
        if (ends.Contains(first.Kind))
        {
            return YamlKey.Of(Empty(mark));
        }

        var isAlias = first.Kind == YamlTokenKind.Alias;
        ValueNode node = Read(depth + 1, isBlock, mayBeIndentless: isBlock).Node;
        return node is ValueNode.Text { IsMergeKey: true } && !isAlias ? new YamlKey("<<", IsMerge: true) : YamlKey.Of(node);
    }

    private (ValueNode Node, long Weight) ReadValue(int depth, bool isBlock, params ReadOnlySpan<YamlTokenKind> ends)
    {
        YamlToken token = _scanner.Peek();
        if (token.Kind != YamlTokenKind.Value)
        {
            return Nothing(token.Mark);
        }

        _scanner.Take();
        return ends.Contains(_scanner.Peek().Kind) ? Nothing(token.Mark) : Read(depth + 1, isBlock, mayBeIndentless: isBlock);
    }

    private void ExpectComma(YamlMark start, string what, char end)
    {
        YamlToken token = _scanner.Peek();
        if (token.Kind != YamlTokenKind.FlowEntry)
        {
            throw token.Kind == YamlTokenKind.StreamEnd
                ? new YamlSyntaxException($"{what} that begins at line {start.Line}, column {start.Column + 1}, is not closed", token.Mark)
                : new YamlSyntaxException($"',' or '{end}' is missing", token.Mark);
        }

        _scanner.Take();
    }

    private static (ValueNode Node, long Weight) Nothing(YamlMark mark) => (Empty(mark), 1);

    private static ValueNode.Null Empty(YamlMark mark) => new() { Line = mark.Line, Column = mark.Column + 1 };

    // Null while the value is being read, as a name can be given again within it.
    private sealed class AnchorTarget
    {
        public ValueNode? Node { get; set; }

        public long Weight { get; set; }
    }
}
