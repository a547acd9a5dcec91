using System.Globalization;
using System.Text;

using DaskK8s.Interactive.Html;

namespace DaskK8s.Interactive.Views;

/// <summary>Shows logs: lines of several pods, or whole logs by pod.</summary>
internal static class LogView
{
    /// <summary>The maximum number of lines shown (the last ones); a notebook saves its output in its file.</summary>
    public const int MostLines = 500;

    private static readonly string[] Levels = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];

    public static string ToHtml(IEnumerable<PodLogLine> lines)
    {
        PodLogLine[] all = [.. lines];
        Markup html = Parts.Begin("Log", "Log", Plural(all.Length));
        Parts.Notes(html, LeftOut(all.Length), "Notes");
        html.Open("pre", ("tabindex", "0"), ("aria-label", "Log lines"));
        foreach (PodLogLine line in all.TakeLast(MostLines))
        {
            // The level comes from the pod: only a known one becomes a class.
            html.Open("span", ("class", Levels.Contains(line.Level) ? $"dk-line dk-{line.Level}" : "dk-line"));
            html.Element("bdi", line.Pod, ("class", "dk-pod")).Text(" ").Element("bdi", Plain.Line(line.Text)).Text("\n").Close();
        }

        return html.ToString();
    }

    public static string ToText(IEnumerable<PodLogLine> lines)
    {
        PodLogLine[] all = [.. lines];
        StringBuilder text = new();
        text.AppendJoin("", LeftOut(all.Length).Select(static n => $"! {n}\n"));
        foreach (PodLogLine line in all.TakeLast(MostLines))
        {
            text.Append(CultureInfo.InvariantCulture, $"{Plain.Line(line.Pod)}: {Plain.Line(line.Text)}\n");
        }

        return text.ToString();
    }

    public static string ToHtml(PodLogs logs)
    {
        Markup html = Parts.Begin("Logs", "Logs", logs.Count == 1 ? "1 pod" : $"{Plain.Number(logs.Count)} pods");
        foreach ((string pod, string log) in logs)
        {
            (string shown, int leftOut) = Tail(log);
            html.Open("details", ("open", logs.Count == 1 ? "" : null)).Open("summary").Element("bdi", pod).Close();
            Parts.Notes(html, leftOut == 0 ? [] : [$"{Plural(leftOut)} before these are left out."], "Notes");
            html.Element("pre", shown, ("tabindex", "0"), ("aria-label", $"Log of {pod}")).Close();
        }

        return html.ToString();
    }

    public static string ToText(PodLogs logs)
    {
        StringBuilder text = new();
        foreach ((string pod, string log) in logs)
        {
            text.Append(CultureInfo.InvariantCulture, $"==> {Plain.Line(pod)} <==\n{Plain.Clean(Tail(log).Shown).TrimEnd('\n')}\n");
        }

        return text.ToString();
    }

    private static (string Shown, int LeftOut) Tail(string log)
    {
        string[] lines = log.TrimEnd('\n').Split('\n');
        return lines.Length <= MostLines ? (log, 0) : (string.Join('\n', lines.TakeLast(MostLines)), lines.Length - MostLines);
    }

    private static string[] LeftOut(int lines) => lines <= MostLines ? [] : [$"The last {Plural(MostLines)} of {Plain.Number(lines)}."];

    private static string Plural(int lines) => lines == 1 ? "1 line" : $"{Plain.Number(lines)} lines";
}
