using System.Text;

namespace DaskK8s.Interactive.Html;

/// <summary>A table in plain text: the first column and text are aligned left, numbers right.</summary>
internal sealed class TextTable(params string[] headers)
{
    private readonly List<string[]> _rows = [headers];

    public void Add(params string[] cells) => _rows.Add([.. cells.Select(Plain.Line)]);

    public void WriteTo(StringBuilder text)
    {
        int[] widths = [.. Enumerable.Range(0, headers.Length).Select(i => _rows.Max(r => r[i].Length))];
        bool[] isNumber = [.. Enumerable.Range(0, headers.Length).Select(i => i > 0 && _rows.Skip(1).All(r => r[i].Length == 0 || r[i][0] is '–' || char.IsAsciiDigit(r[i][0])))];
        foreach (string[] row in _rows)
        {
            IEnumerable<string> cells = row.Select((cell, i) => isNumber[i] ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]));
            text.Append(string.Join("  ", cells).TrimEnd()).Append('\n');
        }
    }
}
