namespace DaskK8s.Interactive.Tests;

/// <summary>Holds what the tests show: a release in the middle of a scaling, and one whose every word is an attack.</summary>
internal static class Examples
{
    private const long GiB = 1L << 30;

    /// <summary>Holds texts that would become markup, leave an attribute, run, or turn the text around, were they not escaped.</summary>
    public static readonly string[] Attacks =
    [
        "<script>window.broken='script'</script>",
        "\"><img src=x onerror=\"window.broken='img'\">",
        "'><svg onload=window.broken='svg'>",
        "</bdi></td></table></section><h1>out</h1>",
        "</style><script>window.broken='style'</script>",
        "<!--", "]]>", "&lt;b&gt;&amp;&#x3C;i&#x3E;",
        "javascript:window.broken='link'",
        "\u202Ereversed\u2066 \u200F", "\e[31mred\e[0m\e]8;;http://evil.example\aLink\e]8;;\a\a\b\0",
        "\uD800 lone", "{{7*7}} ${7*7} %3Cscript%3E",
    ];

    public static ClusterSnapshot Scaling { get; } = new()
    {
        Release = "my-dask",
        Namespace = "default",
        Context = "kind-analytics",
        ChartName = "dask",
        ChartVersion = "2025.11.0",
        Revision = 3,
        Status = HelmReleaseStatus.Deployed,
        SchedulerAddress = "tcp://127.0.0.1:8786",
        DashboardLink = "http://127.0.0.1:8787/status",
        DaskVersion = "2024.12.1",
        Groups =
        [
            new GroupSnapshot { Name = "worker", Declared = 3, Desired = 5, Ready = 5, Connected = 5, Threads = 10, MemoryUsed = 12 * GiB, MemoryLimit = 20 * GiB },
            new GroupSnapshot
            {
                Name = "gpu-workers", Declared = 1, Desired = 2, Ready = 1, Connected = 1, Threads = 1, MemoryUsed = 14 * GiB, MemoryLimit = 16 * GiB, GpusPerPod = 1,
                Resources = new Dictionary<string, double> { ["GPU"] = 1 }, Waiting = "1 pod is starting: its image is being pulled",
            },
            new GroupSnapshot { Name = "high-mem", Declared = 0, Desired = 0, Ready = 0, Connected = 0, Threads = 0, MemoryUsed = 0, MemoryLimit = 0 },
        ],
    };

    public static SchedulerInfo Scheduler { get; } = new()
    {
        Id = "Scheduler-1",
        Address = "tcp://10.42.0.7:8786",
        Type = "Scheduler",
        Version = "2024.12.1",
        Started = new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero),
        TotalThreads = 3,
        TotalMemory = 20 * GiB,
        Workers =
        [
            new WorkerInfo
            {
                Address = "tcp://10.42.0.8:41231", Name = "my-dask-worker-7d5c9d6b5f-abcde", Host = "10.42.0.8", Group = "worker", Status = "running", Threads = 2, MemoryLimit = 4 * GiB,
                MemoryUsed = GiB, CpuPercent = 153.2, Tasks = new WorkerTaskCounts(2, 0, 5, 0, 1, 7, 0),
            },
            new WorkerInfo
            {
                Address = "tcp://10.42.0.9:41231", Name = "my-dask-worker-gpu-workers-86f-xyz12", Host = "10.42.0.9", Group = "gpu-workers", Status = "paused", Threads = 1,
                MemoryLimit = 16 * GiB, MemoryUsed = 15 * GiB + (GiB / 2), Resources = new Dictionary<string, double> { ["GPU"] = 1 },
            },
        ],
    };

    public static IReadOnlyList<PodLogLine> Log { get; } =
    [
        Line("my-dask-scheduler-0", null, "INFO", "2026-03-04 05:06:07,001 - distributed.scheduler - INFO - Register worker tcp://10.42.0.8:41231"),
        Line("my-dask-worker-7d5c9d6b5f-abcde", "worker", "WARNING", "distributed.worker.memory - WARNING - Unmanaged memory use is high"),
        Line("my-dask-worker-7d5c9d6b5f-abcde", "worker", "ERROR", "ZeroDivisionError: division by zero"),
        Line("my-dask-worker-7d5c9d6b5f-abcde", "worker", null, new string('x', 400)),
    ];

    public static ClusterSnapshot Hostile(string attack) => Scaling with
    {
        Release = attack,
        Namespace = attack,
        Context = attack,
        ChartName = attack,
        ChartVersion = attack,
        StatusExplanation = attack,
        SchedulerAddress = attack,
        DashboardLink = attack,
        JupyterLink = attack,
        DaskVersion = attack,
        Limitations = [attack, attack],
        OtherWorkers = 2,
        Groups = [new GroupSnapshot { Name = attack, Connected = 1, MemoryUsed = 1, MemoryLimit = 2, Waiting = attack, Resources = new Dictionary<string, double> { [attack] = 1 } }],
    };

    public static SchedulerInfo HostileScheduler(string attack) => Scheduler with
    {
        Address = attack,
        Version = attack,
        Workers = [Scheduler.Workers[0] with { Name = attack, Group = attack, Status = attack, Resources = new Dictionary<string, double> { [attack] = 1 } }],
    };

    public static PodLogLine Line(string pod, string? group, string? level, string text) => new()
    {
        Pod = pod,
        Group = group,
        Level = level,
        Text = text,
        Component = group is null ? PodComponent.Scheduler : PodComponent.Worker,
        Time = DateTimeOffset.UnixEpoch,
    };

    public static PodLogs Logs(params (string Pod, string Text)[] logs)
    {
        OrderedDictionary<string, string> all = [];
        foreach ((string pod, string text) in logs)
        {
            all.Add(pod, text);
        }

        return new PodLogs(all);
    }

    /// <summary>Returns a name as long as Kubernetes and Helm allow, with no place to break it.</summary>
    public static string LongName(int length) => string.Concat(Enumerable.Repeat("abcdefghij", (length / 10) + 1))[..length];
}
