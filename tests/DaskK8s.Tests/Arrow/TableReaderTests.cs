using Apache.Arrow;
using Apache.Arrow.Types;

namespace DaskK8s.Tests.Arrow;

/// <summary>Rows of tables as .NET values, those that no dataframe of a test has.</summary>
public sealed class TableReaderTests
{
    private const string Pandas = """{"index_columns": ["__index_level_0__", "day"], "columns": []}""";

    [Fact]
    public void Read_SlicedBatch_GivesTheRowsOfTheSlice()
    {
        ListArray.Builder lists = new(Int32Type.Default);
        Int32Array.Builder items = (Int32Array.Builder)lists.ValueBuilder;
        for (int i = 0; i < 4; i++)
        {
            lists.Append();
            items.AppendRange(Enumerable.Range(i * 10, i));
        }

        StructArray structs = new(
            new StructType([new Field("n", Int32Type.Default, true)]), 4, [new Int32Array.Builder().AppendRange([0, 1, 2, 3]).Build()], ArrowBuffer.Empty);
        DictionaryArray kinds = new(
            new DictionaryType(Int8Type.Default, StringType.Default, false),
            new Int8Array.Builder().AppendRange([0, 1, 1, 0]).Build(),
            new StringArray.Builder().AppendRange(["x", "y"]).Build());
        RecordBatch batch = Batch(("list", lists.Build()), ("struct", structs), ("kind", kinds));

        object?[][] rows = [.. new TableReader(batch.Schema).Read(batch.Slice(2, 2))];

        rows.Should().HaveCount(2);
        rows[0][0].Should().BeEquivalentTo(new object[] { 20, 21 });
        rows[1][0].Should().BeEquivalentTo(new object[] { 30, 31, 32 });
        rows[1][1].Should().BeEquivalentTo(new Dictionary<string, object?> { ["n"] = 3 });
        rows.Select(static r => r[2]).Should().Equal("y", "x");
    }

    [Fact]
    public void Names_IndexOfPandas_ComesFirstAndHasAName()
    {
        Schema schema = new([Numbers("a"), Numbers("day"), Numbers("__index_level_0__")], new Dictionary<string, string> { ["pandas"] = Pandas });

        new TableReader(schema).Names.Should().Equal("day", "level_0", "a");
        new TableReader(new Schema(schema.FieldsList, new Dictionary<string, string> { ["pandas"] = "no JSON" })).Names.Should().Equal("a", "day", "__index_level_0__");
    }

    [Theory]
    [InlineData(TimeUnit.Second, -1L, "1969-12-31T23:59:59")]
    [InlineData(TimeUnit.Nanosecond, -1L, "1969-12-31T23:59:59.9999999")]
    [InlineData(TimeUnit.Nanosecond, -100L, "1969-12-31T23:59:59.9999999")]
    [InlineData(TimeUnit.Microsecond, 1L, "1970-01-01T00:00:00.000001")]
    public void Timestamp_InRange_IsADateTime(TimeUnit unit, long value, string expected) =>
        TimeValues.Timestamp(value, unit, null).Should().Be(DateTime.Parse(expected, System.Globalization.CultureInfo.InvariantCulture));

    [Theory]
    [InlineData("Europe/Berlin", 2)]
    [InlineData("-05:00", -5)]
    [InlineData("UTC", 0)]
    [InlineData("Nowhere/Known", 0)]
    public void Timestamp_WithZone_IsInThatZone(string zone, int offset)
    {
        DateTimeOffset time = TimeValues.Timestamp(1_782_950_400, TimeUnit.Second, TimeValues.Zone(zone)).Should().BeOfType<DateTimeOffset>().Which;

        time.Offset.Should().Be(TimeSpan.FromHours(offset));
        time.ToUnixTimeSeconds().Should().Be(1_782_950_400);
    }

    [Fact]
    public void OutOfRange_IsTheNumber()
    {
        TimeValues.Timestamp(long.MaxValue, TimeUnit.Second, null).Should().Be(long.MaxValue);
        TimeValues.Timestamp(long.MinValue, TimeUnit.Second, TimeZoneInfo.Utc).Should().Be(long.MinValue);
        TimeValues.Date(long.MaxValue - 1_000_000).Should().Be(long.MaxValue - 1_000_000);
        TimeValues.Duration(long.MaxValue, TimeUnit.Second).Should().Be(long.MaxValue);
        TimeValues.TimeOfDay(-1, TimeUnit.Second).Should().Be(-1L);
        TimeValues.TimeOfDay(86_399, TimeUnit.Second).Should().Be(new TimeOnly(23, 59, 59));
    }

    [Fact]
    public void Decimal_LongerThanDotNets_IsText()
    {
        Decimal256Type type = new(60, 2);
        Decimal256Array array = new Decimal256Array.Builder(type).Append(1.25m).Append("12345678901234567890123456789012345678901234567890.25").AppendNull().Build();
        RecordBatch batch = Batch(("money", array));

        new TableReader(batch.Schema).Read(batch).Select(static r => r[0]).Should().Equal(1.25m, "12345678901234567890123456789012345678901234567890.25", null);
    }

    private static Field Numbers(string name) => new(name, Int64Type.Default, true);

    private static RecordBatch Batch(params (string Name, IArrowArray Array)[] columns) => new(
        new Schema(columns.Select(static c => new Field(c.Name, c.Array.Data.DataType, true)), null), columns.Select(static c => c.Array), columns[0].Array.Length);
}
