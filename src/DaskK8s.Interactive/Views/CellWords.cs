using System.Globalization;

using Apache.Arrow.Types;

namespace DaskK8s.Interactive.Views;

/// <summary>Writes values and types of a table as short words.</summary>
internal static class CellWords
{
    private const int MostCharacters = 120;
    private const int MostItems = 8;

    public static string Of(object? value) => Short(value switch
    {
        null => "null",
        string text => text,
        float or double or Half => ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture),
        DateTime time => time.ToString("yyyy-MM-dd HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture),
        DateTimeOffset time => time.ToString("yyyy-MM-dd HH:mm:ss.FFFFFFFzzz", CultureInfo.InvariantCulture),
        DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        TimeOnly time => time.ToString("HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture),
        byte[] bytes => $"{bytes.Length} bytes: {Convert.ToHexStringLower(bytes.AsSpan(0, Math.Min(bytes.Length, MostItems)))}",
        IReadOnlyDictionary<string, object?> map => $"{{{Items(map.Count, map.Select(static e => $"{e.Key}: {Of(e.Value)}"))}}}",
        object?[] list => $"[{Items(list.Length, list.Select(Of))}]",
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    });

    /// <summary>Returns the pyarrow name of a type.</summary>
    public static string Of(IArrowType type) => type switch
    {
        StringType => "string",
        LargeStringType => "large_string",
        DictionaryType dictionary => $"categories of {Of(dictionary.ValueType)}",
        TimestampType { Timezone: { Length: > 0 } zone } => $"timestamp, {zone}",
        Decimal128Type number => $"decimal({number.Precision}, {number.Scale})",
        Decimal256Type number => $"decimal({number.Precision}, {number.Scale})",
        MapType map => $"map of {Of(map.KeyField.DataType)} to {Of(map.ValueField.DataType)}",
        ListType list => $"list of {Of(list.ValueDataType)}",
        LargeListType list => $"list of {Of(list.ValueDataType)}",
        FixedSizeListType list => $"list of {list.ListSize} {Of(list.ValueDataType)}",
        StructType { Fields: { } fields } => $"struct({string.Join(", ", fields.Take(MostItems).Select(static f => f.Name))})",
        _ => type.Name,
    };

    public static bool IsNumber(IArrowType type) => type is NumberType or Decimal32Type or Decimal64Type or Decimal128Type or Decimal256Type;

    public static string Short(string text)
    {
        if (text.Length <= MostCharacters)
        {
            return text;
        }

        int length = char.IsHighSurrogate(text[MostCharacters - 2]) ? MostCharacters - 2 : MostCharacters - 1;
        return text[..length] + "…";
    }

    private static string Items(int count, IEnumerable<string> items) => string.Join(", ", items.Take(MostItems)) + (count > MostItems ? $", … {count}" : "");
}
