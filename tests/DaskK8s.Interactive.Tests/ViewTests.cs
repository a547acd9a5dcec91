using DaskK8s.Interactive.Views;

namespace DaskK8s.Interactive.Tests;

public sealed class ViewTests
{
    [Fact]
    public void SchedulerView_TwoWorkers_ShowsEachWithItsTasks()
    {
        Fragment view = new(SchedulerView.ToHtml(Examples.Scheduler));

        view.Rows[0].Should().Equal("my-dask-worker-7d5c9d6b5f-abcde", "worker", "running", "2", "1.00 GiB of 4.00 GiB", "153", "2", "6");
        view.Rows[1].Should().Equal("my-dask-worker-gpu-workers-86f-xyz12GPU=1", "gpu-workers", "paused", "1", "15.50 GiB of 16.00 GiB", "0", "0", "0");
        SchedulerView.ToText(Examples.Scheduler).Should().StartWith("Dask scheduler tcp://10.42.0.7:8786: 2 workers, 3 threads, 20.00 GiB\n");
    }

    [Fact]
    public void SchedulerView_ManyWorkers_ShowsTheFirstAndSaysSo()
    {
        SchedulerInfo many = Examples.Scheduler with { Workers = [.. Enumerable.Repeat(Examples.Scheduler.Workers[0], 1000)] };

        Fragment view = new(SchedulerView.ToHtml(many));

        view.Rows.Should().HaveCount(SchedulerView.MostWorkers);
        view.Text.Should().Contain("The first 100 of 1000 workers.");
    }

    [Fact]
    public void LogView_Lines_AreMarkedByLevelAndKeepTheirPods()
    {
        Fragment view = new(LogView.ToHtml(Examples.Log));

        view.All("pre").Single().Elements("span").Select(static s => s.Attribute("class")!.Value).Should().Equal("dk-line dk-INFO", "dk-line dk-WARNING", "dk-line dk-ERROR", "dk-line");
        view.Text.Should().ContainAll("my-dask-scheduler-0", "ZeroDivisionError: division by zero");
    }

    [Fact]
    public void LogView_LongLog_ShowsTheLastLinesAndSaysSo()
    {
        PodLogLine[] lines = [.. Enumerable.Range(0, 1200).Select(static i => Examples.Line("pod", "worker", null, $"line {i}"))];
        PodLogs logs = Examples.Logs(("pod", string.Join('\n', lines.Select(static l => l.Text))));

        Fragment ofLines = new(LogView.ToHtml(lines));
        Fragment ofLogs = new(LogView.ToHtml(logs));

        ofLines.Text.Should().ContainAll("The last 500 lines of 1200.", "line 700", "line 1199").And.NotContain("line 699");
        ofLogs.Text.Should().ContainAll("700 lines before these are left out.", "line 700", "line 1199").And.NotContain("line 699");
        LogView.ToText(logs).Should().StartWith("==> pod <==\nline 700\n");
    }

    [Fact]
    public void ErrorView_ErrorsThatCarryData_ShowIt()
    {
        WorkerGroupNotFoundException missing = new("gpu", "my-dask", "default", ["worker", "gpu-workers"]);
        DaskTaskException failed = new("div-1", "The task div-1 failed.", "ZeroDivisionError", "division by zero", "Traceback:\n  line 1\nZeroDivisionError: division by zero");

        new Fragment(ErrorView.ToHtml(missing)).Text.Should().ContainAll("WorkerGroupNotFoundException", missing.Message, "worker, gpu-workers");
        new Fragment(ErrorView.ToHtml(failed)).All("details").Single().Value.Should().Contain("ZeroDivisionError: division by zero");
        ErrorView.ToText(missing).Should().Be($"WorkerGroupNotFoundException: {missing.Message}\n  Release: my-dask\n  Asked for: gpu\n  There are: worker, gpu-workers\n");
    }

    [Theory]
    [MemberData(nameof(Attacks))]
    public void EveryView_Attack_ChangesNoElementAndNoAttribute(string attack)
    {
        foreach (Func<string, string> view in HostileViews)
        {
            new Fragment(view(attack)).Structure.Should().Equal(new Fragment(view("plain")).Structure);
        }
    }

    public static TheoryData<string> Attacks() => [.. Examples.Attacks];

    /// <summary>Gets every view with one text in all of its fields.</summary>
    internal static IReadOnlyList<Func<string, string>> HostileViews { get; } =
    [
        static a => ClusterCard.ToHtml(Examples.Hostile(a)),
        static a => SchedulerView.ToHtml(Examples.HostileScheduler(a)),
        static a => LogView.ToHtml([Examples.Line(a, a, a, a)]),
        static a => LogView.ToHtml(Examples.Logs((a, a))),
        static a => ErrorView.ToHtml(new WorkerGroupNotFoundException(a, a, a, [a])),
        static a => ErrorView.ToHtml(new DaskTaskException(a, a, a, a, a)),
        static a => TableView.ToHtml(Tables.Hostile(a)),
    ];
}
