using System.Globalization;


using MessagePack;

namespace DaskK8s.Dask.Protocol;

/// <summary>Decodes a message of unknown structure to plain .NET values.</summary>
/// <remarks>
/// The values are null, bool, long, ulong, double, string, <c>byte[]</c>, <c>object?[]</c> and <c>Dictionary&lt;string, object?&gt;</c>. A
/// placeholder becomes a <see cref="SerializedValue"/> or <see cref="PickledValue"/>, a set an array, an enum its name.
/// </remarks>
internal static class MsgpackTree
{
    // What an item takes in memory besides its text or bytes: a reference and a small object; for an entry of a map, its share of the table.
    private const int ItemBytes = 32;
    private const int EntryBytes = 64;

    /// <summary>Decodes the whole message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="limits">The limits, which set the maximum nesting depth.</param>
    /// <returns>The tree.</returns>
    public static object? Decode(DaskMessage message, FrameLimits limits) =>
        Msgpack.Decode(message, (ref MessagePackReader reader, DaskMessage m) => Read(ref reader, m, m.Budget, limits.MaxDepth));

    /// <summary>Decodes one value.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="message">The message that placeholders refer to; null if placeholders are not allowed.</param>
    /// <param name="budget">The budget for the tree's memory.</param>
    /// <param name="depth">The remaining nesting depth of arrays and maps.</param>
    /// <returns>The tree.</returns>
    public static object? Read(ref MessagePackReader reader, DaskMessage? message, DecodingBudget budget, int depth)
    {
        budget.Spend(ItemBytes);
        if (depth < 0)
        {
            throw new DaskProtocolException("A message nests arrays and maps deeper than is allowed.");
        }

        switch (reader.NextMessagePackType)
        {
            case MessagePackType.Nil:
                reader.ReadNil();
                return null;
            case MessagePackType.Boolean:
                return reader.ReadBoolean();
            case MessagePackType.Integer:
                if (reader.NextCode == MessagePackCode.UInt64)
                {
                    ulong number = reader.ReadUInt64();
                    return number <= long.MaxValue ? (long)number : number;
                }

                return reader.ReadInt64();
            case MessagePackType.Float:
                return reader.ReadDouble();
            case MessagePackType.String:
                return reader.ReadString();
            case MessagePackType.Binary:
                return reader.ReadBytes() is { } bytes ? System.Buffers.BuffersExtensions.ToArray(bytes) : null;
            case MessagePackType.Extension when message is null && reader.IsArrayNext():
                return reader.ReadArray(typeof(object));
            case MessagePackType.Extension when message is null:
                return PythonJson.ReadDecimal(Msgpack.ReadExtension(ref reader));
            case MessagePackType.Array:
                return ReadArray(ref reader, message, budget, depth);
            case MessagePackType.Map:
                return ReadMap(ref reader, message, budget, depth);
            default:
                throw new DaskProtocolException($"A message holds a msgpack {reader.NextMessagePackType}, which Dask does not send.");
        }
    }

    private static object?[] ReadArray(ref MessagePackReader reader, DaskMessage? message, DecodingBudget budget, int depth)
    {
        int count = reader.ReadArrayHeader();
        // A header is trusted as far as its elements really come: 1 byte each at least, but 8 in our array.
        List<object?> items = new(Math.Min(count, 1024));
        for (int i = 0; i < count; i++)
        {
            items.Add(Read(ref reader, message, budget, depth - 1));
        }

        return [.. items];
    }

    private static object? ReadMap(ref MessagePackReader reader, DaskMessage? message, DecodingBudget budget, int depth)
    {
        int count = reader.ReadMapHeader();
        Dictionary<string, object?> map = new(Math.Min(count, 1024));
        for (int i = 0; i < count; i++)
        {
            budget.Spend(EntryBytes);
            string key = ReadKey(ref reader, budget, depth);
            map[key] = Read(ref reader, message, budget, depth - 1);
        }

        return map.Count is > 0 and <= 4 ? Placeholder(map, message) : map;
    }

    private static string ReadKey(ref MessagePackReader reader, DecodingBudget budget, int depth)
    {
        switch (reader.NextMessagePackType)
        {
            case MessagePackType.String:
                return reader.ReadString() ?? string.Empty;
            case MessagePackType.Integer or MessagePackType.Float or MessagePackType.Boolean:
                return reader.ReadText() ?? string.Empty;
            default:
                // Tuples are keys of tasks; their text is what a person sees on the dashboard.
                return Read(ref reader, null, budget, depth - 1) is object?[] tuple
                    ? "(" + string.Join(", ", tuple.Select(Part)) + ")"
                    : "None";
        }

        static string Part(object? part) =>
            part is string text ? $"'{text}'" : Convert.ToString(part, CultureInfo.InvariantCulture) ?? "None";
    }

    private static object? Placeholder(Dictionary<string, object?> map, DaskMessage? message)
    {
        if (message is not null && map.Count == 1)
        {
            if (map.TryGetValue("__Serialized__", out object? at) && at is long serialized)
            {
                return SerializedValue.At(message, serialized);
            }

            if (map.TryGetValue("__Pickled__", out at) && at is long)
            {
                return PickledValue.Instance;
            }
        }

        if (map.ContainsKey("__Set__") && map.TryGetValue("as-list", out object? set))
        {
            return set;
        }

        return map.ContainsKey("__Enum__") && map.TryGetValue("name", out object? name) ? name : map;
    }
}
