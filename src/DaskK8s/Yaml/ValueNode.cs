namespace DaskK8s.Yaml;

/// <summary>A value in a tree of values; never changed once it is made, so trees share what they have in common.</summary>
internal abstract class ValueNode
{
    private ValueNode()
    {
    }

    /// <summary>Gets what the node is, in the words of YAML.</summary>
    public abstract string Kind { get; }

    /// <summary>Gets the line of the text that the value was read from, counted from 1.</summary>
    /// <value>0 where it was not read from a text.</value>
    public int Line { get; init; }

    /// <summary>Gets the column of the text that the value was read from, counted from 1.</summary>
    /// <value>0 where it was not read from a text.</value>
    public int Column { get; init; }

    /// <summary>Gets how many levels a list or a map that was read from a text nests, aliases included.</summary>
    public int Depth { get; init; }

    /// <summary>Gets what keeps the value out of JSON, and so out of Helm and kubectl.</summary>
    /// <value>Null where nothing does. A reader refuses the text, unless the value is replaced by a later one.</value>
    public YamlSyntaxException? Refusal { get; init; }

    /// <summary>The absent value.</summary>
    public sealed class Null : ValueNode
    {
        public static readonly Null Instance = new();

        public override string Kind => "null";
    }

    /// <summary>True or false.</summary>
    public sealed class Bool(bool value) : ValueNode
    {
        public static readonly Bool True = new(true);
        public static readonly Bool False = new(false);

        public bool Value { get; } = value;

        public override string Kind => "boolean";
    }

    /// <summary>A number, kept as it was written so that no digit is lost.</summary>
    public sealed class Number(string raw) : ValueNode
    {
        /// <summary>Gets the number as JSON writes it, or <c>.inf</c>, <c>-.inf</c>, <c>.nan</c>.</summary>
        public string Raw { get; } = raw;

        public override string Kind => "number";
    }

    /// <summary>A text.</summary>
    public sealed class Text(string value) : ValueNode
    {
        public static readonly Text Empty = new("");

        public string Value { get; } = value;

        /// <summary>Gets a value indicating whether the text merges maps where it stands as a key.</summary>
        public bool IsMergeKey { get; init; }

        public override string Kind => "string";
    }

    /// <summary>A list.</summary>
    public sealed class List(IReadOnlyList<ValueNode> items) : ValueNode
    {
        public static readonly List Empty = new([]);

        public IReadOnlyList<ValueNode> Items { get; } = items;

        public override string Kind => "list";
    }

    /// <summary>A map that keeps the order of its keys.</summary>
    public sealed class Map(OrderedDictionary<string, ValueNode> entries) : ValueNode
    {
        public static readonly Map Empty = new([]);

        private readonly OrderedDictionary<string, ValueNode> _entries = entries;

        public IReadOnlyDictionary<string, ValueNode> Entries => _entries;

        public int Count => _entries.Count;

        public override string Kind => "map";

        /// <summary>Gets a key's value; null where the key is missing (a key without a value has <see cref="Null"/>).</summary>
        public ValueNode? this[string key] => _entries.GetValueOrDefault(key);

        /// <summary>Copies the entries, for a map that differs from this one.</summary>
        public OrderedDictionary<string, ValueNode> ToBuilder() => new(_entries, StringComparer.Ordinal);

        /// <summary>Creates a map that has one entry more or another value for it, the order kept.</summary>
        public Map With(string key, ValueNode value)
        {
            OrderedDictionary<string, ValueNode> entries = ToBuilder();
            entries[key] = value;
            return new Map(entries);
        }
    }
}
