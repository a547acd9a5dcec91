using System.Globalization;

using DaskK8s.Helm.Chart;

namespace DaskK8s.Interactive.Html;

/// <summary>Writes the elements that several views share.</summary>
internal static class Parts
{
    private const double HighShare = 0.8;
    private const double FullShare = 0.95;

    /// <summary>Begins a view: a region with a name, the style sheet, and a headline.</summary>
    public static Markup Begin(string label, string title, string? subtitle = null, string? chip = null, string chipClass = "")
    {
        Markup html = new();
        html.Open("section", ("class", "daskk8s"), ("aria-label", label)).Style();
        html.Open("div", ("class", "dk-head"));
        html.Element("bdi", title, ("class", "dk-title"));
        if (subtitle is not null)
        {
            html.Element("bdi", subtitle, ("class", "dk-sub"));
        }

        if (chip is not null)
        {
            html.Element("bdi", chip, ("class", chipClass.Length == 0 ? "dk-chip" : $"dk-chip {chipClass}"));
        }

        return html.Close();
    }

    /// <summary>Opens a table that can be scrolled, with the keyboard too, if it does not fit.</summary>
    public static void OpenTable(Markup html, string caption, params ReadOnlySpan<string> headers)
    {
        OpenHead(html, caption);
        for (int i = 0; i < headers.Length; i++)
        {
            bool isNumber = headers[i].EndsWith('#');
            html.Element("th", headers[i].TrimEnd('#'), ("scope", "col"), ("class", isNumber ? "dk-n" : null));
        }

        html.Close(2).Open("tbody");
    }

    /// <summary>Opens a table up to its header row, whose columns the caller writes.</summary>
    public static void OpenHead(Markup html, string caption)
    {
        html.Open("div", ("class", "dk-scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", caption));
        html.Open("table").Element("caption", caption).Open("thead").Open("tr");
    }

    public static void CloseTable(Markup html) => html.Close(3);

    public static void Number(Markup html, long? number) => html.Element("td", Plain.Number(number), ("class", "dk-n"));

    /// <summary>Writes a cell with text from outside, such as a name.</summary>
    public static void Words(Markup html, string? text) => html.Open("td").Element("bdi", text).Close();

    /// <summary>Writes a cell with the memory usage as a bar and as text.</summary>
    public static void Memory(Markup html, string whose, long? used, long? limit)
    {
        html.Open("td", ("class", "dk-mem"));
        string words = MemoryWords(used, limit);
        if (used is { } bytes && limit is > 0 and { } most)
        {
            double share = Math.Clamp((double)bytes / most, 0, 1);
            string percent = (share * 100).ToString("0.#", CultureInfo.InvariantCulture);
            string level = share >= FullShare ? "dk-fill dk-full" : share >= HighShare ? "dk-fill dk-high" : "dk-fill";
            html.Open(
                "span", ("class", "dk-bar"), ("role", "meter"), ("aria-label", $"Memory used by {whose}"), ("aria-valuemin", "0"), ("aria-valuemax", "100"),
                ("aria-valuenow", percent), ("aria-valuetext", $"{words}, {percent} %"));
            html.Open("span", ("class", level), ("style", $"width:{percent}%")).Close(2);
        }

        html.Element("span", words, ("class", "dk-small")).Close();
    }

    public static string MemoryWords(long? used, long? limit) => (used, limit) switch
    {
        (null, _) => "–",
        ({ } u, > 0 and { } l) => $"{DaskBytes.Format(u)} of {DaskBytes.Format(l)}",
        ({ } u, _) => u == 0 ? "–" : $"{DaskBytes.Format(u)}, no limit",
    };

    /// <summary>Writes an entry of a definition list, unless its value is empty.</summary>
    public static void Fact(Markup html, string name, string? value, bool isLink = false)
    {
        if (string.IsNullOrEmpty(value))
        {
            return;
        }

        html.Element("dt", name).Open("dd").Open("bdi");
        _ = isLink ? html.Link(value) : html.Text(value);
        html.Close(2);
    }

    public static void Notes(Markup html, IReadOnlyCollection<string> notes, string label)
    {
        if (notes.Count == 0)
        {
            return;
        }

        html.Open("ul", ("class", "dk-notes"), ("aria-label", label));
        foreach (string note in notes)
        {
            html.Open("li").Element("bdi", note).Close();
        }

        html.Close();
    }

    public static string ResourceWords(IReadOnlyDictionary<string, double> resources) =>
        string.Join(", ", resources.Select(static r => FormattableString.Invariant($"{r.Key}={r.Value}")));

    public static string StatusWords(HelmReleaseStatus status) => status switch
    {
        HelmReleaseStatus.PendingInstall => "pending-install",
        HelmReleaseStatus.PendingUpgrade => "pending-upgrade",
        HelmReleaseStatus.PendingRollback => "pending-rollback",
        _ => status.ToString().ToLowerInvariant(),
    };
}
