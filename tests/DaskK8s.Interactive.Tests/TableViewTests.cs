using Apache.Arrow;

using DaskK8s.Interactive.Views;

namespace DaskK8s.Interactive.Tests;

public sealed class TableViewTests
{
    [Fact]
    public void ToHtml_SmallTable_ShowsIndexFirstTypesAndValues()
    {
        Fragment view = new(TableView.ToHtml(Tables.Trips));

        view.All("thead").Single().Descendants("th").Select(static h => h.Value).Should().Equal("hourint32", "distancedouble", "zoneslist of string", "starttimestamp, Europe/Berlin");
        view.Rows[0].Should().Equal("7", "2.5", "[Harlem <b>, SoHo]", "2026-07-01 12:00:00+02:00");
        view.Rows[1].Should().Equal("8", "null", "null", "null");
        view.Text.Should().Contain("2 rows, 4 columns");
    }

    [Fact]
    public void ToText_SmallTable_IsATable() => TableView.ToText(Tables.Trips).Should().Be(
        """
        Table: 2 rows, 4 columns
        hour  distance  zones               start
        7     2.5       [Harlem <b>, SoHo]  2026-07-01 12:00:00+02:00
        8     null      null                null

        """.ReplaceLineEndings("\n"));

    [Fact]
    public void ToHtml_LargeTable_IsBoundedAndSaysSo()
    {
        RecordBatch part = Tables.Numbers(1000, 30);
        Table table = Table.TableFromRecordBatches(part.Schema, [part, part]);

        Fragment view = new(TableView.ToHtml(table));
        string text = TableView.ToText(table);

        view.Rows.Should().HaveCount(TableView.MostRows).And.OnlyContain(static r => r.Length == TableView.MostColumns);
        view.Text.Should().ContainAll("2000 rows, 30 columns", "The first 20 of 2000 rows.", "The first 20 of 30 columns.");
        text.Should().EndWith("! The first 20 of 2000 rows.\n! The first 20 of 30 columns.\n").And.NotContain("c20");
    }

    [Fact]
    public void ToHtml_LongValues_AreCut()
    {
        string emoji = string.Concat(Enumerable.Repeat("\U0001F600", 100_000));
        RecordBatch batch = Tables.New(
            null, (new string('n', 10_000), new StringArray.Builder().Append(emoji).Build()), ("bytes", new BinaryArray.Builder().Append(new byte[100_000].AsSpan()).Build()));

        Fragment view = new(TableView.ToHtml(batch));

        view.Rows.Single()[0].Should().HaveLength(119).And.EndWith("\U0001F600…");
        view.Rows.Single()[1].Should().Be("100000 bytes: 0000000000000000");
        view.All("thead").Single().Value.Length.Should().BeLessThan(200);
    }

    [Fact]
    public void ToHtml_NoRows_ShowsTheColumns()
    {
        RecordBatch batch = Tables.Numbers(0, 2);

        new Fragment(TableView.ToHtml(Table.TableFromRecordBatches(batch.Schema, [batch]))).Text.Should().ContainAll("0 rows, 2 columns", "c1", "int32");
        TableView.ToText(batch).Should().Be("Table: 0 rows, 2 columns\nc0  c1\n");
    }

    [Fact]
    public void Views_OfANotebook_HaveBothKindsOfTables() =>
        NotebookCards.Views.Select(static v => v.Type).Should().Contain([typeof(Table), typeof(RecordBatch)]);
}
