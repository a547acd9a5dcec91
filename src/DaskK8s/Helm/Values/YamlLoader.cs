using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace DaskK8s.Helm.Values;

/// <summary>Builds values from YAML's events. Aliases share the node they name, and the size that they stand for is counted.</summary>
/// <remarks>
/// Scalars are resolved as Helm's parser does (YAML 1.1: <c>yes</c> is true, <c>0777</c> is octal, dates are texts).
/// A document whose aliases multiply past the limit is refused before anything is copied.
/// </remarks>
internal sealed class YamlLoader
{
    private const int MaxDepth = 200;
    private const long MaxNodes = 250_000;

    private readonly Scanner _scanner;
    private readonly Parser _parser;
    private readonly Dictionary<AnchorName, (ValueNode Node, long Weight)> _anchors = [];

    private YamlLoader(TextReader text)
    {
        _scanner = new Scanner(text, skipComments: true);
        _parser = new Parser(_scanner);
    }

    /// <summary>Reads the first document.</summary>
    /// <param name="text">The YAML.</param>
    /// <returns>Its root; null where there is no document, or an empty one.</returns>
    /// <exception cref="HelmValuesException">The text is no YAML, or too much of it.</exception>
    public static ValueNode? LoadFirst(string text)
    {
        using StringReader reader = new(text);
        YamlLoader loader = new(reader);
        try
        {
            loader._parser.MoveNext();
            loader._parser.Consume<StreamStart>();
            if (!loader._parser.TryConsume<DocumentStart>(out _))
            {
                return null;
            }

            (ValueNode? node, long _) = loader.Load(0);
            loader._parser.Consume<DocumentEnd>();
            if (loader._parser.Accept<DocumentStart>(out DocumentStart? second))
            {
                throw new HelmValuesException("a second document begins; values are one document.", second.Start.Line, second.Start.Column);
            }

            return node is ValueNode.Null ? null : node;
        }
        catch (YamlException e)
        {
            throw new HelmValuesException(Reason(e), e.Start.Line, e.Start.Column);
        }
        catch (Exception e) when (e is not (HelmValuesException or OutOfMemoryException))
        {
            // The scanner meets some malformed texts with errors of its own inner parts.
            Mark at = loader._scanner.CurrentPosition;
            throw new HelmValuesException("it cannot be parsed from here on.", Math.Max(1, at.Line), Math.Max(1, at.Column));
        }
    }

    private static string Reason(YamlException malformed)
    {
        // Quoted parts of a message can be parts of a value.
        string reason = malformed.Message;
        int quote = reason.IndexOfAny(['\'', '"', '`']);
        return quote < 0 ? reason.TrimEnd('.') + "." : reason[..quote].TrimEnd(' ', ':', ',') + " (left out: it may be a value).";
    }

    private (ValueNode Node, long Weight) Load(int depth)
    {
        if (depth > MaxDepth)
        {
            throw Refuse("it nests too deeply.");
        }

        switch (_parser.Current)
        {
            case AnchorAlias alias:
                if (!_anchors.TryGetValue(alias.Value, out (ValueNode Node, long Weight) known))
                {
                    throw Refuse("an alias has no anchor before it.");
                }

                _parser.MoveNext();
                return known;
            case Scalar scalar:
                ValueNode node = YamlScalar.Resolve(scalar);
                _parser.MoveNext();
                return Remember(scalar.Anchor, node, 1);
            case SequenceStart sequence:
                return LoadList(sequence, depth);
            case MappingStart mapping:
                return LoadMap(mapping, depth);
            default:
                throw Refuse("a value is missing.");
        }
    }

    private (ValueNode Node, long Weight) LoadList(SequenceStart start, int depth)
    {
        _parser.MoveNext();
        List<ValueNode> items = [];
        long weight = 1;
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            (ValueNode? item, long itemWeight) = Load(depth + 1);
            items.Add(item);
            weight = Add(weight, itemWeight);
        }

        return Remember(start.Anchor, items.Count == 0 ? ValueNode.List.Empty : new ValueNode.List([.. items]), weight);
    }

    private (ValueNode Node, long Weight) LoadMap(MappingStart start, int depth)
    {
        _parser.MoveNext();
        OrderedDictionary<string, ValueNode> entries = new(StringComparer.Ordinal);
        OrderedDictionary<string, ValueNode> merged = new(StringComparer.Ordinal);
        long weight = 1;
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            Mark at = _parser.Current!.Start;
            if (_parser.Current is not (Scalar or AnchorAlias))
            {
                throw Refuse("a key is a list or a map; keys are texts.");
            }

            bool isMerge = _parser.Current is Scalar { Style: ScalarStyle.Plain, Value: "<<" };
            string key = KeyOf(Load(depth + 1).Node);
            (ValueNode? value, long valueWeight) = Load(depth + 1);
            weight = Add(weight, valueWeight);
            if (isMerge)
            {
                Merge(merged, value);
            }
            else if (!entries.TryAdd(key, value))
            {
                throw new HelmValuesException("a key is there twice in one map.", at.Line, at.Column);
            }
        }

        foreach ((string? key, ValueNode? value) in merged)
        {
            entries.TryAdd(key, value);
        }

        return Remember(start.Anchor, entries.Count == 0 ? ValueNode.Map.Empty : new ValueNode.Map(entries), weight);
    }

    private void Merge(OrderedDictionary<string, ValueNode> merged, ValueNode value)
    {
        switch (value)
        {
            case ValueNode.Map map:
                foreach ((string? key, ValueNode? inherited) in map.Entries)
                {
                    merged.TryAdd(key, inherited);
                }

                break;
            case ValueNode.List list when list.Items.All(item => item is ValueNode.Map):
                foreach (ValueNode item in list.Items)
                {
                    Merge(merged, item);
                }

                break;
            default:
                throw Refuse("'<<' merges maps only.");
        }
    }

    private static string KeyOf(ValueNode key) => key switch
    {
        ValueNode.Text text => text.Value,
        ValueNode.Number number => number.Raw,
        ValueNode.Bool flag => flag.Value ? "true" : "false",
        _ => "null",
    };

    private long Add(long weight, long more) =>
        weight + more is var sum && sum <= MaxNodes ? sum : throw Refuse("it holds too many values, aliases counted as what they stand for.");

    private (ValueNode Node, long Weight) Remember(AnchorName anchor, ValueNode node, long weight)
    {
        if (!anchor.IsEmpty)
        {
            _anchors[anchor] = (node, weight);
        }

        return (node, weight);
    }

    private HelmValuesException Refuse(string reason)
    {
        Mark at = _parser.Current?.Start ?? Mark.Empty;
        return new HelmValuesException(reason, at.Line, at.Column);
    }
}
