using System.Text;

using DaskK8s.Interactive.Html;

namespace DaskK8s.Interactive.Views;

/// <summary>Shows worker groups as they were read: replicas, pods, image, and the resources of a pod.</summary>
internal static class WorkerGroupsView
{
    public static string ToHtml(IEnumerable<WorkerGroup> groups)
    {
        WorkerGroup[] all = [.. groups];
        Markup html = Parts.Begin("Worker groups", all.Length == 1 ? all[0].Name : "Worker groups", all.Length == 1 ? "worker group" : $"{Plain.Number(all.Length)} groups");
        Parts.OpenTable(html, "Worker groups", "Group", "Declared#", "Desired#", "Ready#", "GPUs per pod#", "Limits per pod", "Image", "Command");
        foreach (WorkerGroup group in all)
        {
            html.Open("tr").Open("th", ("scope", "row")).Element("bdi", group.Name);
            if (group.DaskResources.Count > 0)
            {
                html.Open("div", ("class", "dk-small")).Element("bdi", Parts.ResourceWords(group.DaskResources)).Close();
            }

            html.Close();
            Parts.Number(html, group.Declared);
            Parts.Number(html, group.Desired);
            Parts.Number(html, group.Ready);
            Parts.Number(html, group.GpuCount);
            Parts.Words(html, Limits(group));
            Parts.Words(html, group.Image);
            Parts.Words(html, group.WorkerCommand);
            html.Close();
        }

        Parts.CloseTable(html);
        return html.ToString();
    }

    public static string ToText(IEnumerable<WorkerGroup> groups)
    {
        TextTable table = new("group", "declared", "desired", "ready", "gpus/pod", "resources", "limits per pod", "image");
        foreach (WorkerGroup g in groups)
        {
            table.Add(
                g.Name, Plain.Number(g.Declared), Plain.Number(g.Desired), Plain.Number(g.Ready), Plain.Number(g.GpuCount), Parts.ResourceWords(g.DaskResources), Limits(g), g.Image);
        }

        StringBuilder text = new();
        table.WriteTo(text);
        return text.ToString();
    }

    private static string Limits(WorkerGroup group) =>
        group.Limits.Count == 0 ? "none" : string.Join(", ", group.Limits.Select(static l => $"{l.Key}={l.Value}"));
}
