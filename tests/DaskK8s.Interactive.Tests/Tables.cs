using Apache.Arrow;
using Apache.Arrow.Types;

namespace DaskK8s.Interactive.Tests;

/// <summary>Holds tables that the tests show.</summary>
internal static class Tables
{
    /// <summary>Gets a small table, with an index as pandas has it, nulls, and what nests.</summary>
    public static RecordBatch Trips { get; } = New(
        new Dictionary<string, string> { ["pandas"] = """{"index_columns": ["hour"]}""" },
        ("distance", new DoubleArray.Builder().Append(2.5).AppendNull().Build()),
        ("zones", Zones("Harlem <b>", "SoHo")),
        ("start", new TimestampArray.Builder(new TimestampType(TimeUnit.Second, "Europe/Berlin")).Append(new DateTimeOffset(2026, 7, 1, 10, 0, 0, TimeSpan.Zero)).AppendNull().Build()),
        ("hour", new Int32Array.Builder().AppendRange([7, 8]).Build()));

    /// <summary>Creates a table with one text in all of its fields.</summary>
    public static RecordBatch Hostile(string attack) => New(
        null,
        (attack, new StringArray.Builder().Append(attack).Append(attack).Build()),
        ("list", Zones(attack, attack)),
        ("struct", new StructArray(
            new StructType([new Field(attack, StringType.Default, true)]), 2, [new StringArray.Builder().Append(attack).Append(attack).Build()], ArrowBuffer.Empty)),
        ("start", new TimestampArray.Builder(new TimestampType(TimeUnit.Second, attack)).AppendNull().AppendNull().Build()));

    /// <summary>Creates a table of numbers.</summary>
    public static RecordBatch Numbers(int rows, int columns)
    {
        Int32Array numbers = new Int32Array.Builder().AppendRange(Enumerable.Range(0, rows)).Build();
        return New(null, [.. Enumerable.Range(0, columns).Select(i => ($"c{i}", (IArrowArray)numbers))]);
    }

    public static RecordBatch New(IReadOnlyDictionary<string, string>? metadata, params (string Name, IArrowArray Array)[] columns) => new(
        new Schema(columns.Select(static c => new Field(c.Name, c.Array.Data.DataType, true)), metadata), columns.Select(static c => c.Array), columns[0].Array.Length);

    private static ListArray Zones(params string[] texts)
    {
        ListArray.Builder lists = new(StringType.Default);
        lists.Append();
        ((StringArray.Builder)lists.ValueBuilder).AppendRange(texts);
        lists.AppendNull();
        return lists.Build();
    }
}
