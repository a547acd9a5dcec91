using System.Management.Automation;

namespace DaskK8s.PowerShell.Tests;

/// <summary>Dataframes from a session, as objects.</summary>
[Collection(DaskCollection.Name)]
public sealed class TableTests(ArrowFixture fixture) : IClassFixture<ArrowFixture>
{
    [Fact]
    public void Dataframe_IsAnObjectARow_WithValuesOfDotNetsTypes()
    {
        using Session session = fixture.Connect();

        IReadOnlyList<PSObject?> rows = session.Run(
            """
            Invoke-DaskPython @'
            import pandas, decimal, datetime
            pandas.DataFrame({
                "whole": pandas.array([1, None], dtype="Int32"), "real": [1.5, float("nan")], "text": ["a", None], "yes": [True, False],
                "kind": pandas.Categorical(["x", "y"]), "when": pandas.to_datetime(["2026-01-02T03:04:05", None]),
                "zoned": pandas.to_datetime(["2026-07-02T03:04:05", None]).tz_localize("Europe/Berlin"), "day": [datetime.date(2026, 1, 2), None],
                "span": pandas.to_timedelta(["1h", None]), "money": [decimal.Decimal("1.25"), None], "list": [[1, 2], None], "map": [{"a": 1, "b": "c"}, None], "bytes": [b"ab", None],
            })
            '@
            """);

        rows.Should().HaveCount(2);
        Dictionary<string, object?> first = Properties(rows[0]!), second = Properties(rows[1]!);
        first.Keys.Should().Equal("whole", "real", "text", "yes", "kind", "when", "zoned", "day", "span", "money", "list", "map", "bytes");
        first.Where(static p => p.Key is not ("list" or "map" or "bytes")).Select(static p => p.Value).Should().Equal(
            1, 1.5, "a", true, "x", new DateTime(2026, 1, 2, 3, 4, 5), new DateTimeOffset(2026, 7, 2, 3, 4, 5, TimeSpan.FromHours(2)), new DateOnly(2026, 1, 2),
            TimeSpan.FromHours(1), 1.25m);
        ((DateTimeOffset)first["zoned"]!).Offset.Should().Be(TimeSpan.FromHours(2));
        first["list"].Should().BeOfType<object[]>().Which.Should().Equal(1L, 2L);
        Properties(PSObject.AsPSObject(first["map"]!)).Should().Equal(new Dictionary<string, object?> { ["a"] = 1L, ["b"] = "c" });
        first["bytes"].Should().BeEquivalentTo("ab"u8.ToArray());
        second.Where(static p => p.Key is not ("real" or "yes" or "kind")).Should().AllSatisfy(static p => p.Value.Should().BeNull(p.Key));
        second["kind"].Should().Be("y");
    }

    [Fact]
    public void GroupedSeries_IndexComesFirst_AndPipesOn()
    {
        using Session session = fixture.Connect();

        session.Run(
            """
            $means = Invoke-DaskPython @'
            import pandas
            pandas.DataFrame({"hour": [8, 7, 8], "distance": [1.0, 2.0, 3.0]}).groupby("hour").distance.mean()
            '@
            ($means | ForEach-Object { "$($_.hour)=$($_.distance)" }) -join ' '
            $means[0].PSObject.Properties.Name
            """).Select(static v => v!.BaseObject).Should().Equal("7=2 8=2", "hour", "distance");
    }

    [Fact]
    public void OddNames_AreDistinctProperties()
    {
        using Session session = fixture.Connect();

        PSObject row = session.Run(
            """
            Invoke-DaskPython @'
            import pyarrow
            pyarrow.table([[i] for i in range(8)], names=["a", "A", "a_2", "", "with space", "psobject", "a", "Count"])
            '@
            """).Single()!;

        Properties(row).Select(static p => $"{p.Key}: {p.Value}").Should().Equal("a: 0", "A_3: 1", "a_2: 2", "column: 3", "with space: 4", "psobject_2: 5", "a_4: 6", "Count: 7");
    }

    [Theory]
    [InlineData("import pandas; pandas.DataFrame(dict(a=[]))", 0)]
    [InlineData("import pandas; pandas.Index([1, 2, 3])", 3)]
    [InlineData("import dask.dataframe, pandas; dask.dataframe.from_pandas(pandas.DataFrame(dict(a=range(10))), npartitions=3)", 10)]
    public void WhatHoldsATable_IsRows(string source, int rows)
    {
        using Session session = fixture.Connect();

        session.Run($"Invoke-DaskPython '{source}'").Should().HaveCount(rows);
    }

    [Fact]
    public void LargeTable_Streams_AndStopsWhereThePipelineWantsNoMore()
    {
        using Session session = fixture.Connect();
        const string Large = "import pandas; pandas.DataFrame({\"a\": range(1_500_000), \"b\": 1.5})";

        session.Run($"do {{ Invoke-DaskPython '{Large}' | ForEach-Object {{ $_.a; if ($_.a -eq 2) {{ break }} }} }} while ($false)").Select(static v => v!.BaseObject).Should().Equal(0L, 1L, 2L);
        session.Run($"Invoke-DaskPython '{Large}' | ForEach-Object -Begin {{ $n = 0 }} -Process {{ $n++ }} -End {{ $n }}").Single()!.BaseObject.Should().Be(1_500_000);
    }

    [Fact]
    public void PlainResults_AreWhatTheyAreWithoutTables()
    {
        using Session session = fixture.Connect();

        session.Run("(Invoke-DaskPython 'dict(a=[1, 2.5], b=None)').a").Select(static v => v!.BaseObject).Should().Equal(1L, 2.5);
        session.Run("(Invoke-DaskPython 'import numpy; numpy.arange(3)')[2]").Single()!.BaseObject.Should().Be(2L);
        session.Run("Invoke-DaskPython 'None'").Should().BeEmpty();
    }

    [Fact]
    public void ColumnThatArrowHasNoTypeFor_IsNamed()
    {
        using Session session = fixture.Connect();

        ErrorRecord error = session.Fail("Invoke-DaskPython 'import pandas; pandas.DataFrame(dict(wrong=[object()]))'");

        error.FullyQualifiedErrorId.Should().StartWith("DaskResult,");
        error.Exception.Message.Should().Contain("column 'wrong'");
    }

    private static Dictionary<string, object?> Properties(PSObject row) =>
        row.Properties.ToDictionary(static p => p.Name, static object? (p) => p.Value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : p.Value);
}
