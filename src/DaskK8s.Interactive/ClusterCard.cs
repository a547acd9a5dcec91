using System.Globalization;
using System.Text;

using DaskK8s.Interactive.Html;

namespace DaskK8s.Interactive;

/// <summary>Creates the card of a cluster: HTML for notebooks, text for consoles. It only reads known state, so that any host can use it.</summary>
/// <remarks>
/// The HTML is self-contained (no scripts, no separate files, no address but the dashboard's), escaped, and follows light and dark
/// themes. The text contains no control characters.
/// </remarks>
public static class ClusterCard
{
    /// <summary>Creates the card of a cluster in its last known state.</summary>
    /// <param name="cluster">The cluster; no calls are made.</param>
    /// <returns>One HTML element.</returns>
    public static string ToHtml(HelmCluster cluster) => ToHtml(ClusterSnapshot.Of(cluster));

    /// <summary>Creates the card of a snapshot.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <returns>One HTML element.</returns>
    public static string ToHtml(ClusterSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        Markup html = Parts.Begin(
            $"Dask cluster {snapshot.Release} in namespace {snapshot.Namespace}",
            snapshot.Release,
            $"namespace {snapshot.Namespace}",
            StatusOf(snapshot),
            ChipClass(snapshot.Status));
        html.Open("dl", ("class", "dk-facts"));
        foreach ((string name, string? value, bool isLink) in Facts(snapshot))
        {
            Parts.Fact(html, name, value, isLink);
        }

        html.Close();
        Parts.OpenTable(html, "Worker groups", "Group", "Declared#", "Desired#", "Ready#", "Connected#", "Threads#", "Memory used", "GPUs per pod#");
        foreach (GroupSnapshot group in snapshot.Groups)
        {
            WriteGroup(html, group);
        }

        html.Close();
        if (snapshot.Groups.Count > 1)
        {
            WriteTotal(html, snapshot.Groups);
        }

        html.Close(2);
        Parts.Notes(html, NotesOf(snapshot), "Notes");
        return html.ToString();
    }

    /// <summary>Creates the card of a cluster in its last known state, as text.</summary>
    /// <param name="cluster">The cluster; no calls are made.</param>
    /// <returns>Lines without control characters.</returns>
    public static string ToText(HelmCluster cluster) => ToText(ClusterSnapshot.Of(cluster));

    /// <summary>Creates the card of a snapshot as text.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <returns>Lines without control characters.</returns>
    public static string ToText(ClusterSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"Dask cluster {Plain.Line(snapshot.Release)}, namespace {Plain.Line(snapshot.Namespace)}, {StatusOf(snapshot)}\n");
        foreach ((string name, string? value, _) in Facts(snapshot).Where(static f => !string.IsNullOrEmpty(f.Value)))
        {
            text.Append(CultureInfo.InvariantCulture, $"  {name.ToLowerInvariant(),-9}  {Plain.Line(value)}\n");
        }

        text.Append('\n');
        TextTable table = new("group", "declared", "desired", "ready", "connected", "threads", "memory used", "gpus/pod", "");
        foreach (GroupSnapshot g in snapshot.Groups)
        {
            table.Add(
                g.Name, Plain.Number(g.Declared), Plain.Number(g.Desired), Plain.Number(g.Ready), Plain.Number(g.Connected), Plain.Number(g.Threads),
                Parts.MemoryWords(g.MemoryUsed, g.MemoryLimit), Plain.Number(g.GpusPerPod), string.Join("; ", Remarks(g)));
        }

        table.WriteTo(text);
        foreach (string note in NotesOf(snapshot))
        {
            text.Append("! ").Append(Plain.Line(note)).Append('\n');
        }

        return text.ToString();
    }

    private static void WriteGroup(Markup html, GroupSnapshot group)
    {
        html.Open("tr").Open("th", ("scope", "row")).Element("bdi", group.Name);
        if (group.Resources.Count > 0)
        {
            html.Open("div", ("class", "dk-small")).Element("bdi", Parts.ResourceWords(group.Resources)).Close();
        }

        if (group.Waiting is { } waiting)
        {
            html.Open("div", ("class", "dk-wait")).Text("waiting: ").Element("bdi", waiting).Close();
        }

        html.Close();
        Parts.Number(html, group.Declared);
        Parts.Number(html, group.Desired);
        Parts.Number(html, group.Ready);
        Parts.Number(html, group.Connected);
        Parts.Number(html, group.Threads);
        Parts.Memory(html, group.Name, group.MemoryUsed, group.MemoryLimit);
        Parts.Number(html, group.GpusPerPod);
        html.Close();
    }

    private static void WriteTotal(Markup html, IReadOnlyList<GroupSnapshot> groups)
    {
        bool isUnlimited = groups.Any(static g => g.MemoryLimit == 0 && g.Connected > 0);
        html.Open("tfoot").Open("tr").Element("th", "All groups", ("scope", "row"));
        Parts.Number(html, groups.Any(static g => g.Declared is null) ? null : groups.Sum(static g => g.Declared));
        Parts.Number(html, groups.Sum(static g => g.Desired));
        Parts.Number(html, groups.Sum(static g => g.Ready));
        Parts.Number(html, groups.Any(static g => g.Connected is null) ? null : groups.Sum(static g => g.Connected));
        Parts.Number(html, groups.Any(static g => g.Threads is null) ? null : groups.Sum(static g => g.Threads));
        Parts.Memory(
            html,
            "all groups",
            groups.Any(static g => g.MemoryUsed is null) ? null : groups.Sum(static g => g.MemoryUsed),
            isUnlimited ? 0 : groups.Sum(static g => g.MemoryLimit));
        html.Element("td", "").Close(2);
    }

    private static IEnumerable<string> Remarks(GroupSnapshot group)
    {
        if (group.Resources.Count > 0)
        {
            yield return Parts.ResourceWords(group.Resources);
        }

        if (group.Waiting is { } waiting)
        {
            yield return $"waiting: {waiting}";
        }
    }

    private static IEnumerable<(string Name, string? Value, bool IsLink)> Facts(ClusterSnapshot snapshot) =>
    [
        ("Chart", ChartOf(snapshot), false),
        ("Dashboard", snapshot.DashboardLink, true),
        ("Scheduler", SchedulerOf(snapshot), false),
        ("Jupyter", snapshot.JupyterLink, true),
        ("Context", snapshot.Context, false),
    ];

    private static string ChartOf(ClusterSnapshot snapshot)
    {
        string revision = snapshot.Revision > 0 ? string.Create(CultureInfo.InvariantCulture, $"revision {snapshot.Revision}") : "";
        return string.Join(", ", new[] { $"{snapshot.ChartName} {snapshot.ChartVersion}".Trim(), revision }.Where(static p => p.Length > 0));
    }

    private static string SchedulerOf(ClusterSnapshot snapshot) =>
        snapshot.SchedulerAddress is not { } address ? "not reached" : snapshot.DaskVersion is { } version ? $"{address}, Dask {version}" : address;

    private static string StatusOf(ClusterSnapshot snapshot) => Parts.StatusWords(snapshot.Status);

    private static string ChipClass(HelmReleaseStatus status) => status switch
    {
        HelmReleaseStatus.Deployed => "dk-good",
        HelmReleaseStatus.Failed => "dk-bad",
        HelmReleaseStatus.Unknown or HelmReleaseStatus.Superseded => "",
        _ => "dk-warn",
    };

    private static List<string> NotesOf(ClusterSnapshot snapshot)
    {
        List<string> notes = snapshot.StatusExplanation is { } explanation ? [explanation] : [];
        if (snapshot.OtherWorkers > 0)
        {
            notes.Add(snapshot.OtherWorkers == 1
                ? "The scheduler knows 1 worker that is of none of these groups."
                : string.Create(CultureInfo.InvariantCulture, $"The scheduler knows {snapshot.OtherWorkers} workers that are of none of these groups."));
        }

        notes.AddRange(snapshot.Limitations);
        return notes;
    }
}
