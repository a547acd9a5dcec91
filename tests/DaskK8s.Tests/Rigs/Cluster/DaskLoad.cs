using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Rigs.Cluster;

/// <summary>
/// A Dask program in Python that keeps submitting tasks and keeps their results. Each run of a task leaves a line in a file, so that
/// a task that ran twice is seen.
/// </summary>
internal sealed class DaskLoad : IAsyncDisposable
{
    private const string Source = """
        import json, os, sys, time
        from distributed import Client, wait

        path = sys.argv[2]
        client = Client(sys.argv[1], timeout=30)
        futures = []
        starts = []

        def work(i, seconds, size, path):
            import os, time
            from distributed import get_worker
            with open(path, "ab", buffering=0) as f:
                f.write(f"{i} {get_worker().address} {','.join(get_worker().state.total_resources)}\n".encode())
            time.sleep(seconds)
            return (i, b"x" * size)

        def submit(o):
            first = len(futures)
            for i in range(first, first + o["count"]):
                options = {"resources": o["resources"]} if o.get("resources") else {}
                if o.get("workers"):
                    options.update(workers=o["workers"], allow_other_workers=not o.get("nowhere_else"))
                futures.append(client.submit(work, i, o.get("seconds", 0), o.get("size", 1000), path, key=f"load-{i}-{os.getpid()}", **options))
            return {"count": len(futures)}

        def settle(o):
            done, not_done = wait(futures, timeout=o.get("timeout", 120)) if futures else ((), ())
            return {"done": len(done), "open": len(not_done)}

        def check(o):
            lost = []
            for i, future in enumerate(futures):
                try:
                    index, data = future.result(timeout=30)
                    if index != i:
                        lost.append(f"{i}: wrong result")
                except BaseException as e:
                    lost.append(f"{i}: {e!r}")
            lines = [line.split() for line in open(path)] if os.path.exists(path) else []
            runs, places = [line[0] for line in lines], [line[1] for line in lines]
            equipped = [int(line[0]) for line in lines if line[2:]]
            return {"lost": len(lost), "why": lost[:5], "tasks": len(futures), "runs": len(runs), "places": places, "equipped": equipped,
                    "recomputed": len(runs) - len(set(runs))}

        def status(o):
            return {"states": [f.status for f in futures]}

        def assigned(o):
            keys = {f.key for f in futures}
            def count(dask_scheduler):
                return sum(t[0] in keys and t[2] == "processing" for t in dask_scheduler.transition_log)
            return {"assigned": client.run_on_scheduler(count)}

        def scatter(o):
            futures.extend(client.scatter([(i, b"y") for i in range(len(futures), len(futures) + o["count"])]))
            return {}

        def forget(o):
            futures.clear()
            return {}

        print(json.dumps({"ready": True}), flush=True)
        for line in sys.stdin:
            order = json.loads(line)
            print(json.dumps(globals()[order["do"]](order)), flush=True)
        """;

    private readonly Process _process;
    private readonly string _path = Path.GetTempFileName();
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly ConcurrentQueue<string> _errors = new();

    private DaskLoad(string scheduler)
    {
        ProcessStartInfo start = new(DaskPython.Path, ["-u", "-c", Source, scheduler, _path])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, e) => _errors.Enqueue(e.Data ?? "");
        _process.BeginErrorReadLine();
    }

    public static async Task<DaskLoad> StartAsync(string scheduler, CancellationToken cancellationToken)
    {
        DaskLoad load = new(scheduler);
        await load.ReadAsync(cancellationToken);
        return load;
    }

    public Task<JsonElement> SubmitAsync(int count, double seconds = 0, int size = 1000, string? resource = null, CancellationToken cancellationToken = default) => AskAsync(
        new JsonObject
        {
            ["do"] = "submit",
            ["count"] = count,
            ["seconds"] = seconds,
            ["size"] = size,
            ["resources"] = resource is null ? null : new JsonObject { [resource] = 1 },
        },
        cancellationToken);

    public Task<JsonElement> DoAsync(string verb, CancellationToken cancellationToken) => AskAsync(new JsonObject { ["do"] = verb }, cancellationToken);

    public async Task<(int Lost, int Recomputed, int Tasks, string Why)> CheckAsync(CancellationToken cancellationToken)
    {
        JsonElement answer = await DoAsync("check", cancellationToken);
        return (answer.GetProperty("lost").GetInt32(), answer.GetProperty("recomputed").GetInt32(), answer.GetProperty("tasks").GetInt32(), answer.GetProperty("why").ToString());
    }

    public async Task<JsonElement> AskAsync(JsonObject order, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await _process.StandardInput.WriteLineAsync(order.ToJsonString().AsMemory(), cancellationToken);
            await _process.StandardInput.FlushAsync(cancellationToken);
            return await ReadAsync(cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        _turn.Dispose();
        File.Delete(_path);
    }

    private async Task<JsonElement> ReadAsync(CancellationToken cancellationToken)
    {
        if (await _process.StandardOutput.ReadLineAsync(cancellationToken) is not { } line)
        {
            await _process.WaitForExitAsync(cancellationToken);
            throw new InvalidOperationException($"The Dask program ended with {_process.ExitCode}: {string.Join('\n', _errors.TakeLast(20))}");
        }

        using JsonDocument document = JsonDocument.Parse(line);
        return document.RootElement.Clone();
    }
}
