using System.Text;

using DaskK8s.Interactive.Html;

namespace DaskK8s.Interactive.Views;

/// <summary>Shows futures with their key and last known status; no result is fetched.</summary>
internal static class FutureView
{
    private const int MostFutures = 100;

    public static string ToHtml(DaskFuture future)
    {
        Markup html = Parts.Begin($"Future {future.Key}", "Future", future.Key, Words(future.Status), ChipClass(future.Status));
        html.Open("dl", ("class", "dk-facts"));
        Parts.Fact(html, "Result type", TypeOf(future));
        return html.ToString();
    }

    public static string ToText(DaskFuture future) => $"Future {Plain.Line(future.Key)}: {Words(future.Status)}{(TypeOf(future) is { } type ? $", result {type}" : "")}\n";

    public static string ToHtml(IEnumerable<DaskFuture> futures)
    {
        DaskFuture[] all = [.. futures];
        Markup html = Parts.Begin("Futures", "Futures", Counts(all));
        Parts.OpenTable(html, "Futures", "Key", "Status", "Result type");
        foreach (DaskFuture future in all.Take(MostFutures))
        {
            html.Open("tr").Open("th", ("scope", "row")).Element("bdi", future.Key).Close();
            html.Open("td").Element("span", Words(future.Status), ("class", $"dk-chip {ChipClass(future.Status)}")).Close();
            Parts.Words(html, TypeOf(future) ?? "–");
            html.Close();
        }

        Parts.CloseTable(html);
        Parts.Notes(html, LeftOut(all.Length), "Notes");
        return html.ToString();
    }

    public static string ToText(IEnumerable<DaskFuture> futures)
    {
        DaskFuture[] all = [.. futures];
        StringBuilder text = new();
        text.Append("Futures: ").Append(Counts(all)).Append('\n');
        TextTable table = new("key", "status", "result type");
        foreach (DaskFuture future in all.Take(MostFutures))
        {
            table.Add(future.Key, Words(future.Status), TypeOf(future) ?? "–");
        }

        table.WriteTo(text);
        return text.AppendJoin("", LeftOut(all.Length).Select(static n => $"! {n}\n")).ToString();
    }

    private static string Counts(DaskFuture[] futures) => futures.Length == 0 ? "none" : string.Join(
        ", ", futures.GroupBy(static f => f.Status).OrderBy(static g => g.Key).Select(static g => $"{Plain.Number(g.Count())} {Words(g.Key)}"));

    private static string[] LeftOut(int count) => count <= MostFutures ? [] : [$"The first {Plain.Number(MostFutures)} of {Plain.Number(count)}."];

    private static string? TypeOf(DaskFuture future) => future.GetType() is { IsGenericType: true } type ? type.GetGenericArguments()[0].Name : null;

    private static string Words(DaskFutureStatus status) => status == DaskFutureStatus.NoWorker ? "no worker" : status.ToString().ToLowerInvariant();

    private static string ChipClass(DaskFutureStatus status) => status switch
    {
        DaskFutureStatus.Finished => "dk-good",
        DaskFutureStatus.Failed or DaskFutureStatus.Lost => "dk-bad",
        DaskFutureStatus.NoWorker => "dk-warn",
        _ => "",
    };
}
