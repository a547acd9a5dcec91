using Apache.Arrow;
using Apache.Arrow.Types;

namespace DaskK8s;

/// <summary>Compares schemas by the names and types of their fields.</summary>
internal static class SchemaComparison
{
    /// <summary>Returns the first difference between two schemas: the column, and what it is in each; null if there is none.</summary>
    public static string? Difference(Schema before, Schema after)
    {
        if (ReferenceEquals(before, after))
        {
            return null;
        }

        for (int i = 0; i < Math.Max(before.FieldsList.Count, after.FieldsList.Count); i++)
        {
            Field? one = i < before.FieldsList.Count ? before.FieldsList[i] : null, other = i < after.FieldsList.Count ? after.FieldsList[i] : null;
            if (one?.Name != other?.Name)
            {
                return one is null ? $"column '{other!.Name}' of type {Describe(other.DataType)} is new"
                    : other is null ? $"column '{one.Name}' of type {Describe(one.DataType)} is no longer there"
                    : $"column '{one.Name}' of type {Describe(one.DataType)} gave way to column '{other.Name}' of type {Describe(other.DataType)}";
            }

            (string was, string @is) = (Describe(one!.DataType), Describe(other!.DataType));
            if (was != @is)
            {
                return $"column '{one.Name}' was of type {was} and is of type {@is}";
            }
        }

        return null;
    }

    private static string Describe(IArrowType type) => type switch
    {
        DictionaryType dictionary => $"dictionary<{Describe(dictionary.IndexType)}, {Describe(dictionary.ValueType)}>",
        NestedType nested => $"{type.Name}<{string.Join(", ", nested.Fields.Select(static f => $"{f.Name}: {Describe(f.DataType)}"))}>",
        TimestampType time => $"timestamp[{time.Unit}, {time.Timezone ?? "no time zone"}]",
        TimeBasedType time => $"{type.Name}[{time.Unit}]",
        Decimal128Type decimals => $"{type.Name}({decimals.Precision}, {decimals.Scale})",
        Decimal256Type decimals => $"{type.Name}({decimals.Precision}, {decimals.Scale})",
        FixedSizeBinaryType bytes => $"{type.Name}({bytes.ByteWidth})",
        _ => type.Name,
    };
}
