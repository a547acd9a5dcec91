using System.Globalization;
using System.Text;

using DaskK8s.Helm.Chart;
using DaskK8s.Interactive.Html;

namespace DaskK8s.Interactive.Views;

/// <summary>Shows a scheduler and its workers.</summary>
internal static class SchedulerView
{
    /// <summary>The maximum number of workers listed; a thousand would make a notebook slow.</summary>
    public const int MostWorkers = 100;

    public static string ToHtml(SchedulerInfo scheduler)
    {
        Markup html = Parts.Begin($"Dask scheduler {scheduler.Address}", "Scheduler", scheduler.Address);
        html.Open("dl", ("class", "dk-facts"));
        Parts.Fact(html, "Workers", Plain.Number(scheduler.Workers.Count));
        Parts.Fact(html, "Threads", Plain.Number(scheduler.TotalThreads));
        Parts.Fact(html, "Memory", DaskBytes.Format(scheduler.TotalMemory));
        Parts.Fact(html, "Started", Time(scheduler.Started));
        Parts.Fact(html, "Dask", scheduler.Version);
        html.Close();
        Parts.OpenTable(html, "Workers", "Worker", "Group", "State", "Threads#", "Memory used", "CPU %#", "Running#", "Queued#");
        foreach (WorkerInfo worker in scheduler.Workers.Take(MostWorkers))
        {
            html.Open("tr").Open("th", ("scope", "row")).Element("bdi", worker.Name);
            if (worker.Resources.Count > 0)
            {
                html.Open("div", ("class", "dk-small")).Element("bdi", Parts.ResourceWords(worker.Resources)).Close();
            }

            html.Close();
            Parts.Words(html, worker.Group ?? "–");
            Parts.Words(html, worker.Status);
            Parts.Number(html, worker.Threads);
            Parts.Memory(html, worker.Name, worker.MemoryUsed, worker.MemoryLimit);
            html.Element("td", Cpu(worker), ("class", "dk-n"));
            Parts.Number(html, Running(worker));
            Parts.Number(html, Queued(worker));
            html.Close();
        }

        Parts.CloseTable(html);
        Parts.Notes(html, NotesOf(scheduler), "Notes");
        return html.ToString();
    }

    public static string ToText(SchedulerInfo scheduler)
    {
        StringBuilder text = new();
        text.Append(
            CultureInfo.InvariantCulture,
            $"Dask scheduler {Plain.Line(scheduler.Address)}: {scheduler.Workers.Count} workers, {scheduler.TotalThreads} threads, {DaskBytes.Format(scheduler.TotalMemory)}\n");
        TextTable table = new("worker", "group", "state", "threads", "memory used", "cpu %", "running", "queued");
        foreach (WorkerInfo w in scheduler.Workers.Take(MostWorkers))
        {
            table.Add(
                w.Name, w.Group ?? "–", w.Status, Plain.Number(w.Threads), Parts.MemoryWords(w.MemoryUsed, w.MemoryLimit), Cpu(w), Plain.Number(Running(w)), Plain.Number(Queued(w)));
        }

        table.WriteTo(text);
        return text.AppendJoin("", NotesOf(scheduler).Select(static n => $"! {n}\n")).ToString();
    }

    private static string Cpu(WorkerInfo worker) => worker.CpuPercent.ToString("0", CultureInfo.InvariantCulture);

    private static int Running(WorkerInfo worker) => worker.Tasks.Executing + worker.Tasks.LongRunning;

    private static int Queued(WorkerInfo worker) => worker.Tasks.Ready + worker.Tasks.Constrained + worker.Tasks.Waiting;

    private static string Time(DateTimeOffset time) => time == default ? "" : time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    private static string[] NotesOf(SchedulerInfo scheduler) => scheduler.Workers.Count > MostWorkers
        ? [string.Create(CultureInfo.InvariantCulture, $"The first {MostWorkers} of {scheduler.Workers.Count} workers.")]
        : [];
}
