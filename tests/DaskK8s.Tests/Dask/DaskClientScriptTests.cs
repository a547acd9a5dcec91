using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Dask;

[Collection(DaskProcessesGroup.Name)]
public sealed class DaskClientScriptTests(DaskProcesses dask) : DaskClientTestBase(dask)
{
    [Fact]
    public async Task RunScriptAsync_WholeProgram_PrintsAndGivesItsResult()
    {
        List<ScriptOutput> output = [];

        Dictionary<string, double> result = await Client.RunScriptAsync<Dictionary<string, double>>(
            """
            import sys

            total = sum(range(count))
            print("total", total)
            print("to stderr", file=sys.stderr)
            print("no line end", end="")
            {"total": total, "nan": float("nan")}
            """,
            new Dictionary<string, object?> { ["count"] = 5 },
            null,
            output.Add,
            Token);

        result["total"].Should().Be(10);
        result["nan"].Should().Be(double.NaN);
        output.Should().BeEquivalentTo(
            [new ScriptOutput("stdout", "total 10\n"), new ScriptOutput("stderr", "to stderr\n"), new ScriptOutput("stdout", "no line end")]);
    }

    [Fact]
    public async Task RunScriptAsync_AnnotationsOfItsOwn_PlaceItsTasks()
    {
        Dictionary<string, string[]> places = await Client.RunScriptAsync<Dictionary<string, string[]>>(
            """
            import dask
            from distributed import get_worker

            @dask.delayed(pure=False)
            def where():
                return get_worker().name

            with dask.annotate(resources={"GPU": 1}):
                on_gpu = dask.compute(*[where() for _ in range(20)], optimize_graph=False)
            with dask.annotate(workers=["cpu-1"]):
                on_cpu = dask.compute(*[where() for _ in range(20)], optimize_graph=False)
            {"gpu": sorted(set(on_gpu)), "cpu": sorted(set(on_cpu)), "client": sorted(set(client.gather(client.map(lambda _: get_worker().name, [1], workers="cpu-0"))))}
            """,
            null,
            new TaskOptions { Workers = ["cpu-0"] },
            null,
            Token);

        places["gpu"].Should().Equal("gpu-0");
        places["cpu"].Should().Equal("cpu-1");
        places["client"].Should().Equal("cpu-0");
    }

    [Fact]
    public async Task RunScriptAsync_DaskDataFrame_IsComputedOnTheCluster()
    {
        Dictionary<string, double> means = await Client.RunScriptAsync<Dictionary<string, double>>(
            """
            import dask.dataframe as dd
            import pandas as pd

            frame = dd.from_pandas(pd.DataFrame({"group": ["a", "b"] * 50, "value": range(100)}), npartitions=4)
            result = frame.groupby("group")["value"].mean().compute().to_dict()
            """,
            cancellationToken: Token);

        means.Should().BeEquivalentTo(new Dictionary<string, double> { ["a"] = 49, ["b"] = 50 });
    }

    [Fact]
    public async Task RunScriptAsync_StillRunning_ItsOutputIsThereAlready()
    {
        string gate = $"gate-{Guid.NewGuid():N}";
        TaskCompletionSource<ScriptOutput> first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<string> running = Client.RunScriptAsync<string>(
            """
            from distributed import Event

            print("waiting")
            "heard" if Event(gate).wait(60) else "heard nothing"
            """,
            new Dictionary<string, object?> { ["gate"] = gate },
            null,
            text => first.TrySetResult(text),
            Token);

        ScriptOutput printed = await first.Task.WaitAsync(Limit, Token);
        bool ended = running.IsCompleted;
        using DaskFuture<object> opener = await Client.SubmitAsync<object>(
            PythonFunction.FromSource("from distributed import Event\ndef open_gate(name):\n    Event(name).set()\n", "open_gate"), [gate], null, Token);

        printed.Should().Be(new ScriptOutput("stdout", "waiting\n"));
        ended.Should().BeFalse();
        (await running.WaitAsync(Limit, Token)).Should().Be("heard");
    }

    [Fact]
    public async Task RunScriptAsync_ItRaises_ThrowsWithTheLineOfTheScript()
    {
        Func<Task> run = () => Client.RunScriptAsync<object>("x = 1\nraise KeyError('missing')\n", cancellationToken: Token);

        DaskTaskException error = (await run.Should().ThrowAsync<DaskTaskException>()).Which;
        error.PythonType.Should().Be("KeyError");
        error.PythonTraceback.Should().StartWith("  File \"<script>\", line 2, in <module>");
    }
}
