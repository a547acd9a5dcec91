namespace DaskK8s.Helm.Values;

/// <summary>Is one value of a values tree; never changed once it is made, so trees share what they have in common.</summary>
internal abstract class ValueNode
{
    private ValueNode()
    {
    }

    /// <summary>Gets what the node is, in the words of YAML.</summary>
    public abstract string Kind { get; }

    /// <summary>Is the absent value.</summary>
    public sealed class Null : ValueNode
    {
        public static readonly Null Instance = new();

        private Null()
        {
        }

        public override string Kind => "null";
    }

    /// <summary>Is true or false.</summary>
    public sealed class Bool : ValueNode
    {
        public static readonly Bool True = new(true);
        public static readonly Bool False = new(false);

        private Bool(bool value) => Value = value;

        public bool Value { get; }

        public override string Kind => "boolean";
    }

    /// <summary>Is a number, kept as it was written so that no digit is lost.</summary>
    public sealed class Number(string raw) : ValueNode
    {
        /// <summary>Gets the number as JSON writes it, or <c>.inf</c>, <c>-.inf</c>, <c>.nan</c>.</summary>
        public string Raw { get; } = raw;

        public override string Kind => "number";
    }

    /// <summary>Is a text.</summary>
    public sealed class Text(string value) : ValueNode
    {
        public static readonly Text Empty = new("");

        public string Value { get; } = value;

        public override string Kind => "string";
    }

    /// <summary>Is a list.</summary>
    public sealed class List(IReadOnlyList<ValueNode> items) : ValueNode
    {
        public static readonly List Empty = new([]);

        public IReadOnlyList<ValueNode> Items { get; } = items;

        public override string Kind => "list";
    }

    /// <summary>Is a map that keeps the order of its keys.</summary>
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

        /// <summary>Makes a map that has one entry more or another value for it, the order kept.</summary>
        public Map With(string key, ValueNode value)
        {
            OrderedDictionary<string, ValueNode> entries = ToBuilder();
            entries[key] = value;
            return new Map(entries);
        }
    }
}
