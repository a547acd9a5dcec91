using System.Text;

using Apache.Arrow;

using DaskK8s.Interactive.Html;

namespace DaskK8s.Interactive.Views;

/// <summary>Shows tables: their size, their columns with types, and their first rows.</summary>
internal static class TableView
{
    /// <summary>The maximum numbers of rows and columns shown; a notebook saves its output in its file.</summary>
    public const int MostRows = 20;
    public const int MostColumns = 20;

    public static string ToHtml(Table table) => ToHtml(table.Schema, table.RowCount, r => r.Read(table));

    public static string ToHtml(RecordBatch batch) => ToHtml(batch.Schema, batch.Length, r => r.Read(batch));

    public static string ToText(Table table) => ToText(table.Schema, table.RowCount, r => r.Read(table));

    public static string ToText(RecordBatch batch) => ToText(batch.Schema, batch.Length, r => r.Read(batch));

    private static string ToHtml(Schema schema, long rows, Func<TableReader, IEnumerable<object?[]>> read)
    {
        TableReader reader = new(schema);
        int columns = Math.Min(reader.Names.Count, MostColumns);
        bool[] isNumber = [.. reader.Fields.Take(columns).Select(static f => CellWords.IsNumber(f.DataType))];
        Markup html = Parts.Begin("Table", "Table", Size(reader, rows));
        Parts.OpenHead(html, "First rows");
        for (int i = 0; i < columns; i++)
        {
            html.Open("th", ("scope", "col"), ("class", isNumber[i] ? "dk-n" : null)).Element("bdi", CellWords.Short(reader.Names[i]));
            html.Open("div", ("class", "dk-small")).Element("bdi", CellWords.Short(CellWords.Of(reader.Fields[i].DataType))).Close(2);
        }

        html.Close(2).Open("tbody");
        foreach (object?[] row in read(reader).Take(MostRows))
        {
            html.Open("tr");
            for (int i = 0; i < columns; i++)
            {
                html.Open("td", ("class", isNumber[i] ? "dk-n" : null)).Element("bdi", CellWords.Of(row[i]), ("class", row[i] is null ? "dk-small" : null)).Close();
            }

            html.Close();
        }

        Parts.CloseTable(html);
        Parts.Notes(html, LeftOut(reader, rows), "Notes");
        return html.ToString();
    }

    private static string ToText(Schema schema, long rows, Func<TableReader, IEnumerable<object?[]>> read)
    {
        TableReader reader = new(schema);
        int columns = Math.Min(reader.Names.Count, MostColumns);
        StringBuilder text = new();
        text.Append("Table: ").Append(Size(reader, rows)).Append('\n');
        TextTable table = new([.. Enumerable.Range(0, columns).Select(i => Plain.Line(CellWords.Short(reader.Names[i])))]);
        foreach (object?[] row in read(reader).Take(MostRows))
        {
            table.Add([.. row.Take(columns).Select(CellWords.Of)]);
        }

        table.WriteTo(text);
        return text.AppendJoin("", LeftOut(reader, rows).Select(static n => $"! {n}\n")).ToString();
    }

    private static string Size(TableReader reader, long rows) => $"{Count(rows, "row")}, {Count(reader.Names.Count, "column")}";

    private static string Count(long number, string word) => $"{Plain.Number(number)} {word}{(number == 1 ? "" : "s")}";

    private static List<string> LeftOut(TableReader reader, long rows)
    {
        List<string> notes = [];
        if (rows > MostRows)
        {
            notes.Add($"The first {MostRows} of {Plain.Number(rows)} rows.");
        }

        if (reader.Names.Count > MostColumns)
        {
            notes.Add($"The first {MostColumns} of {Plain.Number(reader.Names.Count)} columns.");
        }

        return notes;
    }
}
