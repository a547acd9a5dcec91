using Apache.Arrow;
using Apache.Arrow.Types;

namespace DaskK8s;

/// <summary>Checks what readers of a batch rely on: that buffers contain as many items as declared.</summary>
internal static class BatchCheck
{
    /// <summary>Checks a batch.</summary>
    /// <exception cref="InvalidDataException">A column is shorter than declared.</exception>
    public static void Check(RecordBatch batch)
    {
        if (batch.Length < 0 || batch.ColumnCount != batch.Schema.FieldsList.Count)
        {
            throw new InvalidDataException($"{batch.ColumnCount} columns came where the schema has {batch.Schema.FieldsList.Count}");
        }

        for (int i = 0; i < batch.ColumnCount; i++)
        {
            IArrowArray column = batch.Column(i);
            if (column.Length != batch.Length)
            {
                throw new InvalidDataException($"column '{batch.Schema.GetFieldByIndex(i).Name}' has {column.Length} rows of {batch.Length}");
            }

            Check(column.Data, batch.Schema.GetFieldByIndex(i).Name);
        }
    }

    private static void Check(ArrayData data, string column)
    {
        long end = (long)data.Length + data.Offset;
        bool fits = data.Length >= 0 && data.Offset >= 0 && data.DataType switch
        {
            _ when data.Length == 0 => true,
            BooleanType => data.Buffers[1].Length >= (end + 7) / 8,
            DictionaryType dictionary => data.Buffers[1].Length >= end * ((FixedWidthType)dictionary.IndexType).BitWidth / 8,
            FixedWidthType fixedWidth => data.Buffers[1].Length >= end * fixedWidth.BitWidth / 8,
            StringType or BinaryType => Offsets(data, end, 2),
            ListType or MapType => data.Buffers[1].Length >= (end + 1) * 4,
            _ => true,
        };
        if (!fits || (data.Buffers.Length > 0 && data.NullCount != 0 && data.DataType is not (NullType or UnionType) && data.Buffers[0].Length > 0 && data.Buffers[0].Length < (end + 7) / 8))
        {
            throw new InvalidDataException($"column '{column}' claims more items than came");
        }

        foreach (ArrayData child in data.Children ?? [])
        {
            Check(child, column);
        }

        if (data.Dictionary is { } values)
        {
            Check(values, column);
        }
    }

    private static bool Offsets(ArrayData data, long end, int values)
    {
        if (data.Buffers[1].Length < (end + 1) * 4)
        {
            return false;
        }

        ReadOnlySpan<int> offsets = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, int>(data.Buffers[1].Span)[data.Offset..(int)(end + 1)];
        for (int i = 1; i < offsets.Length; i++)
        {
            if (offsets[i] < offsets[i - 1])
            {
                return false;
            }
        }

        return offsets[0] >= 0 && offsets[^1] <= data.Buffers[values].Length;
    }
}
