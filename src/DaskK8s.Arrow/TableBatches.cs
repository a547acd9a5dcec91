using Apache.Arrow;
using Apache.Arrow.Types;

namespace DaskK8s;

/// <summary>Tables as record batches: rows that are contiguous in all columns.</summary>
internal static class TableBatches
{
    /// <summary>Splits a table wherever a column starts a new chunk; nothing is copied.</summary>
    public static IEnumerable<RecordBatch> Of(Table table)
    {
        int columns = table.ColumnCount;
        if (columns == 0 || table.RowCount == 0)
        {
            yield break;
        }

        (int Chunk, int Offset)[] at = new (int, int)[columns];
        for (long row = 0; row < table.RowCount;)
        {
            int length = int.MaxValue;
            for (int i = 0; i < columns; i++)
            {
                ChunkedArray data = table.Column(i).Data;
                while (data.ArrowArray(at[i].Chunk).Length == at[i].Offset)
                {
                    at[i] = (at[i].Chunk + 1, 0);
                }

                length = Math.Min(length, data.ArrowArray(at[i].Chunk).Length - at[i].Offset);
            }

            List<IArrowArray> arrays = [];
            for (int i = 0; i < columns; i++)
            {
                IArrowArray array = table.Column(i).Data.ArrowArray(at[i].Chunk);
                arrays.Add(at[i].Offset == 0 && length == array.Length ? array : ArrowArrayFactory.Slice(array, at[i].Offset, length));
                at[i].Offset += length;
            }

            yield return new RecordBatch(table.Schema, arrays, length);
            row += length;
        }
    }

    /// <summary>Returns a batch without rows.</summary>
    public static RecordBatch Empty(Schema schema) => new(
        schema, schema.FieldsList.Select(static field => ArrowArrayFactory.BuildArray(EmptyData(field.DataType))), 0);

    private static ArrayData EmptyData(IArrowType type)
    {
        ArrowBuffer offsets = new(new byte[8]);
        return type switch
        {
            DictionaryType dictionary => new ArrayData(
                type, 0, 0, 0, [ArrowBuffer.Empty, ArrowBuffer.Empty], null, EmptyData(dictionary.ValueType)),
            StringType or BinaryType => new ArrayData(type, 0, 0, 0, [ArrowBuffer.Empty, offsets, ArrowBuffer.Empty]),
            LargeStringType or LargeBinaryType => new ArrayData(type, 0, 0, 0, [ArrowBuffer.Empty, offsets, ArrowBuffer.Empty]),
            NullType => new ArrayData(type, 0, 0, 0, []),
            StructType structs => new ArrayData(type, 0, 0, 0, [ArrowBuffer.Empty], structs.Fields.Select(static f => EmptyData(f.DataType))),
            ListType or LargeListType or MapType => new ArrayData(
                type, 0, 0, 0, [ArrowBuffer.Empty, offsets], ((NestedType)type).Fields.Select(static f => EmptyData(f.DataType))),
            _ => new ArrayData(type, 0, 0, 0, [ArrowBuffer.Empty, ArrowBuffer.Empty]),
        };
    }
}
