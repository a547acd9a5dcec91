using Apache.Arrow;
using Apache.Arrow.Arrays;
using Apache.Arrow.Types;

namespace DaskK8s;

/// <summary>Reads single values of columns as .NET types (see <see cref="TableReader"/>).</summary>
internal static class ColumnValues
{
    /// <summary>Returns a function that reads the value at an index.</summary>
    public static Func<int, object?> Of(IArrowArray array)
    {
        Func<int, object?> read = NotNull(array);
        return array is NullArray or UnionArray or RunEndEncodedArray ? read : i => array.IsNull(i) ? null : read(i);
    }

    private static Func<int, object?> NotNull(IArrowArray array)
    {
        switch (array)
        {
            case BooleanArray a: return i => a.GetValue(i);
            case Int8Array a: return i => a.GetValue(i);
            case Int16Array a: return i => a.GetValue(i);
            case Int32Array a: return i => a.GetValue(i);
            case Int64Array a: return i => a.GetValue(i);
            case UInt8Array a: return i => a.GetValue(i);
            case UInt16Array a: return i => a.GetValue(i);
            case UInt32Array a: return i => a.GetValue(i);
            case UInt64Array a: return i => a.GetValue(i);
            case HalfFloatArray a: return i => a.GetValue(i);
            case FloatArray a: return i => a.GetValue(i);
            case DoubleArray a: return i => a.GetValue(i);
            case Decimal32Array a: return i => a.GetValue(i);
            case Decimal64Array a: return i => a.GetValue(i);
            case Decimal128Array a: return i => Exact(() => a.GetValue(i), () => a.GetString(i));
            case Decimal256Array a: return i => Exact(() => a.GetValue(i), () => a.GetString(i));
            case StringArray a: return i => a.GetString(i);
            case LargeStringArray a: return i => a.GetString(i);
            case StringViewArray a: return i => a.GetString(i);
            case BinaryArray a: return i => a.GetBytes(i).ToArray();
            case LargeBinaryArray a: return i => a.GetBytes(i).ToArray();
            case BinaryViewArray a: return i => a.GetBytes(i).ToArray();
            case FixedSizeBinaryArray a: return i => a.GetBytes(i).ToArray();
            case Date32Array a: return i => TimeValues.Date(a.GetValue(i)!.Value);
            case Date64Array a: return i => TimeValues.Date(Math.DivRem(a.GetValue(i)!.Value, 86_400_000).Quotient);
            case Time32Array a: return i => TimeValues.TimeOfDay(a.GetValue(i)!.Value, ((Time32Type)a.Data.DataType).Unit);
            case Time64Array a: return i => TimeValues.TimeOfDay(a.GetValue(i)!.Value, ((Time64Type)a.Data.DataType).Unit);
            case DurationArray a: return i => TimeValues.Duration(a.GetValue(i)!.Value, ((DurationType)a.Data.DataType).Unit);
            case TimestampArray a:
                TimestampType type = (TimestampType)a.Data.DataType;
                TimeZoneInfo? zone = string.IsNullOrEmpty(type.Timezone) ? null : TimeValues.Zone(type.Timezone);
                return i => TimeValues.Timestamp(a.GetValue(i)!.Value, type.Unit, zone);
            default: return Nested(array);
        }
    }

    private static Func<int, object?> Nested(IArrowArray array)
    {
        switch (array)
        {
            case DictionaryArray a:
                (Func<int, object?> indices, Func<int, object?> values) = (Of(a.Indices), Of(a.Dictionary));
                return i => values(Convert.ToInt32(indices(i), System.Globalization.CultureInfo.InvariantCulture));
            case MapArray a:
                (Func<int, object?> keys, Func<int, object?> held) = (Of(a.Keys), Of(a.Values));
                return i => Map(keys, held, a.ValueOffsets[i], a.ValueOffsets[i + 1]);
            case ListArray a:
                Func<int, object?> items = Of(a.Values);
                return i => List(items, a.ValueOffsets[i], a.ValueOffsets[i + 1]);
            case LargeListArray a:
                Func<int, object?> many = Of(a.Values);
                return i => List(many, checked((int)a.ValueOffsets[i]), checked((int)a.ValueOffsets[i + 1]));
            case ListViewArray a:
                Func<int, object?> viewed = Of(a.Values);
                return i => List(viewed, a.ValueOffsets[i], a.ValueOffsets[i] + a.Sizes[i]);
            case FixedSizeListArray a:
                Func<int, object?> equal = Of(a.Values);
                int size = ((FixedSizeListType)a.Data.DataType).ListSize;
                return i => List(equal, (a.Offset + i) * size, (a.Offset + i + 1) * size);
            case StructArray a:
                string[] names = [.. ((StructType)a.Data.DataType).Fields.Select(static f => f.Name)];
                Func<int, object?>[] fields = [.. a.Fields.Select(Of)];
                return i => Struct(names, fields, i);
            case DenseUnionArray a: return Union(a, i => a.ValueOffsets[i]);
            case SparseUnionArray a: return Union(a, i => a.Offset + i);
            case RunEndEncodedArray a:
                Func<int, object?> runs = Of(a.Values);
                return i => runs(a.FindPhysicalIndex(i));
            case ExtensionArray a: return Of(a.Storage);
            case NullArray: return static _ => null;
            default:
                string name = array.Data.DataType.Name;
                return _ => $"({name})";
        }
    }

    private static object?[] List(Func<int, object?> items, int from, int to)
    {
        object?[] list = new object?[to - from];
        for (int i = 0; i < list.Length; i++)
        {
            list[i] = items(from + i);
        }

        return list;
    }

    private static OrderedDictionary<string, object?> Map(Func<int, object?> keys, Func<int, object?> values, int from, int to)
    {
        OrderedDictionary<string, object?> map = [];
        for (int i = from; i < to; i++)
        {
            map[Convert.ToString(keys(i), System.Globalization.CultureInfo.InvariantCulture) ?? ""] = values(i);
        }

        return map;
    }

    private static OrderedDictionary<string, object?> Struct(string[] names, Func<int, object?>[] fields, int index)
    {
        OrderedDictionary<string, object?> map = [];
        for (int i = 0; i < names.Length; i++)
        {
            map[names[i]] = fields[i](index);
        }

        return map;
    }

    private static Func<int, object?> Union(UnionArray array, Func<int, int> place)
    {
        int[] ids = [.. ((UnionType)array.Data.DataType).TypeIds];
        Func<int, object?>[] fields = [.. array.Fields.Select(Of)];
        return i => fields[System.Array.IndexOf(ids, array.TypeIds[i])](place(i));
    }

    private static object? Exact(Func<decimal?> number, Func<string?> text)
    {
        try
        {
            return number();
        }
        catch (OverflowException)
        {
            return text();
        }
    }
}
