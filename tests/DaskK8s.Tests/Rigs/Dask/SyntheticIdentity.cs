namespace DaskK8s.Tests.Rigs.Dask;

/// <summary>Makes answers to <c>identity</c> as schedulers of 2022 (all counts) and of 2024 and later (only those that are not zero) send them.</summary>
internal static class SyntheticIdentity
{
    /// <param name="workers">The workers that are told of.</param>
    /// <param name="sparse">Whether counts of zero are left out.</param>
    /// <param name="all">All workers, as schedulers from 2025.4 on count them beside those that were asked for; null for those told of.</param>
    public static byte[] Create(int workers, bool sparse = false, int? all = null) => FakeMessages.Pack(FakeMessages.Map(
        ("type", "Scheduler"),
        ("id", "Scheduler-5d4fbd9c-6a3f-4d7a-9a60-6e8a3f1c2b7e"),
        ("address", "tcp://10.42.0.5:8786"),
        ("services", FakeMessages.Map(("dashboard", 8787))),
        ("started", 1711929600.25),
        ("n_workers", all ?? workers),
        ("total_threads", 2 * (all ?? workers)),
        ("total_memory", (4L << 30) * (all ?? workers)),
        ("workers", Enumerable.Range(0, workers).ToDictionary(
            i => $"tcp://10.42.{i / 250}.{i % 250}:{40000 + i}", i => (object?)Worker(i, sparse)))));

    private static Dictionary<string, object?> Worker(int i, bool sparse) => FakeMessages.Map(
        ("type", "Worker"),
        ("id", sparse ? i : $"my-dask-worker-7c9d8b5f4-{i:x5}"),
        ("host", $"10.42.{i / 250}.{i % 250}"),
        ("resources", i % 4 == 0 ? FakeMessages.Map(("GPU", 1)) : []),
        ("local_directory", $"/tmp/dask-worker-space/worker-{i:x8}"),
        ("name", sparse ? i : $"my-dask-worker-7c9d8b5f4-{i:x5}"),
        ("nthreads", 2),
        ("memory_limit", 4L << 30),
        ("last_seen", 1711929700.5),
        ("services", FakeMessages.Map(("dashboard", 8790))),
        ("metrics", Metrics(i, sparse)),
        ("status", "running"),
        ("nanny", $"tcp://10.42.{i / 250}.{i % 250}:{30000 + i}"));

    private static Dictionary<string, object?> Metrics(int i, bool sparse) => FakeMessages.Map(
        ("task_counts", sparse
            ? FakeMessages.Map(("memory", 7), ("executing", 2))
            : FakeMessages.Map(
                ("executing", 2), ("long-running", 0), ("memory", 7), ("ready", 1), ("constrained", 3), ("waiting", 4),
                ("fetch", 5), ("missing", 0), ("flight", 6), ("other", 0))),
        ("bandwidth", FakeMessages.Map(
            ("total", 100000000),
            ("workers", FakeMessages.Map(("tcp://10.42.0.9:40009", new object?[] { 1234567.5, 3 }))),
            ("types", FakeMessages.Map(("pandas.core.frame.DataFrame", new object?[] { 7654321.5, 9 }))))),
        ("digests_total_since_heartbeat", FakeMessages.Map(
            ("tick-duration", 0.500143), ("('execute', 'mean', 'thread-cpu', 'seconds')", 0.0312), ("latency", 0.00124))),
        ("managed_bytes", 1234567),
        ("spilled_bytes", FakeMessages.Map(("memory", 0), ("disk", 0))),
        ("transfer", FakeMessages.Map(
            ("incoming_bytes", 0), ("incoming_count", 0), ("incoming_count_total", 11),
            ("outgoing_bytes", 0), ("outgoing_count", 0), ("outgoing_count_total", 12))),
        ("event_loop_interval", 0.02),
        ("cpu", 12.5),
        ("memory", (100L << 20) + i),
        ("time", 1711929700.25),
        ("host_net_io", FakeMessages.Map(("read_bps", 1024.5), ("write_bps", 2048.25))),
        ("host_disk_io", FakeMessages.Map(("read_bps", 0.0), ("write_bps", 0.0))),
        ("num_fds", 31));
}
