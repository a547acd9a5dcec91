namespace DaskK8s.Yaml;

/// <summary>A value in a tree of values; it is immutable, so trees can share nodes.</summary>
internal abstract class ValueNode
{
    private ValueNode()
    {
    }

    /// <summary>Gets the kind of node, in YAML terms.</summary>
    public abstract string Kind { get; }

    /// <summary>Gets the line of the YAML that the value was read from, counted from 1.</summary>
    /// <value>0 if it was not read from YAML.</value>
    public int Line { get; init; }

    /// <summary>Gets the column of the YAML that the value was read from, counted from 1.</summary>
    /// <value>0 if it was not read from YAML.</value>
    public int Column { get; init; }

    /// <summary>Gets the nesting depth of a list or map that was read from YAML, including aliases.</summary>
    public int Depth { get; init; }

    /// <summary>Gets the reason why the value cannot be represented in JSON, and therefore not in Helm and kubectl.</summary>
    /// <value>Null if it can. A reader rejects the YAML unless a later value replaces this one.</value>
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
        /// <summary>Gets the number as in JSON, or <c>.inf</c>, <c>-.inf</c>, <c>.nan</c>.</summary>
        public string Raw { get; } = raw;

        public override string Kind => "number";
    }

    /// <summary>A string.</summary>
    public sealed class Text(string value) : ValueNode
    {
        public static readonly Text Empty = new("");

        public string Value { get; } = value;

        /// <summary>Gets a value indicating whether the string, used as a key, merges maps.</summary>
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

        /// <summary>Gets a key's value; null if the key is missing (the value of a key without a value is <see cref="Null"/>).</summary>
        public ValueNode? this[string key] => _entries.GetValueOrDefault(key);

        /// <summary>Copies the entries, to create a modified map.</summary>
        public OrderedDictionary<string, ValueNode> ToBuilder() => new(_entries, StringComparer.Ordinal);

        /// <summary>Creates a map in which an entry is added or replaced, keeping the order.</summary>
        public Map With(string key, ValueNode value)
        {
            OrderedDictionary<string, ValueNode> entries = ToBuilder();
            entries[key] = value;
            return new Map(entries);
        }
    }
}
