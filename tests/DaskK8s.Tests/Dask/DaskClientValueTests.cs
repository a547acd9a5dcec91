using System.Numerics;
using System.Text.Json;

using DaskK8s.Dask.Tasks;
using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Dask;

[Collection(DaskProcessesGroup.Name)]
public sealed class DaskClientValueTests(DaskProcesses dask) : DaskClientTestBase(dask)
{
    [Fact]
    public async Task SubmitAsync_EveryKindOfArgument_ArrivesAsPythonsOwn()
    {
        object?[] arguments =
        [
            null, true, 0, 255, 256, -1, int.MinValue, long.MaxValue, ulong.MaxValue, new BigInteger(7), 1.5, 2.0, -0.0f, 1.25m,
            double.NaN, double.NegativeInfinity, "text 'quoted' é漢😀", 'c', new byte[] { 0, 255 }, new[] { 1, 2 }, new List<object?> { "a", null },
            new Dictionary<string, object?> { ["k"] = 1 }, new Dictionary<int, string> { [3] = "three" },
            new { Name = "x", Weight = double.PositiveInfinity, Whole = 3.0, Data = new byte[] { 65 } },
            DayOfWeek.Monday, new DateTime(2020, 4, 1, 0, 0, 0, DateTimeKind.Utc), new string('x', 300),
        ];
        const string Expected =
            "[None, True, 0, 255, 256, -1, -2147483648, 9223372036854775807, 18446744073709551615, 7, 1.5, 2.0, -0.0, 1.25, nan, -inf, " +
            "\"text 'quoted' é漢😀\", 'c', b'\\x00\\xff', [1, 2], ['a', None], {'k': 1}, {3: 'three'}, " +
            "{'Name': 'x', 'Weight': inf, 'Whole': 3.0, 'Data': b'A'}, 1, '2020-04-01T00:00:00Z', '";

        string text = await RunAsync<string>(PythonFunction.FromName("builtins", "repr"), [arguments]);

        text.Should().Be(Expected + new string('x', 300) + "']");
    }

    [Fact]
    public async Task ResultAsync_EveryKindOfValue_IsReadAsAsked()
    {
        (await EvalAsync<int>("41 + 1")).Should().Be(42);
        (await EvalAsync<long>("2**63 - 1")).Should().Be(long.MaxValue);
        (await EvalAsync<ulong>("2**64 - 1")).Should().Be(ulong.MaxValue);
        (await EvalAsync<double>("float('nan')")).Should().Be(double.NaN);
        (await EvalAsync<double>("3")).Should().Be(3);
        (await EvalAsync<float>("float('-inf')")).Should().Be(float.NegativeInfinity);
        (await EvalAsync<string?>("None")).Should().BeNull();
        (await EvalAsync<int?>("None")).Should().BeNull();
        (await EvalAsync<bool>("True")).Should().BeTrue();
        (await EvalAsync<byte[]>("b'\\x00\\xff'")).Should().Equal(0, 255);
        (await EvalAsync<int[]>("(1, 2, 3)")).Should().Equal(1, 2, 3);
        (await EvalAsync<Dictionary<string, double[]>>("{'a': [1, float('inf')], 2: []}"))
            .Should().BeEquivalentTo(new Dictionary<string, double[]> { ["a"] = [1, double.PositiveInfinity], ["2"] = [] });
        (await EvalAsync<Point>("{'x': 1.5, 'Y': 2, 'label': None}")).Should().Be(new Point(1.5, 2, null));
        (await EvalAsync<DateTimeOffset>("'2020-04-01T00:00:00+00:00'")).Should().Be(new DateTimeOffset(2020, 4, 1, 0, 0, 0, TimeSpan.Zero));
        (await EvalAsync<object>("[1, 2.0, 'x', b'y', None, {'k': float('nan')}]")).Should().BeEquivalentTo(
            new object?[] { 1L, 2.0, "x", new byte[] { (byte)'y' }, null, new Dictionary<string, object?> { ["k"] = double.NaN } });
        (await EvalAsync<System.Text.Json.JsonElement>("{'a': [1, None]}")).GetRawText().Should().Be("""{"a":[1,null]}""");
    }

    [Fact]
    public async Task ResultAsync_IntegersPast53Bits_StayWhatTheyAreInEveryShape()
    {
        const long Odd = 9007199254740993;

        (await EvalAsync<object>("9007199254740993")).Should().Be(Odd);
        (await EvalAsync<Dictionary<string, object?>>("{'n': 9007199254740993, 'm': [2**64 - 1, -1, 2.0]}"))["n"].Should().Be(Odd);
        (await EvalAsync<List<object?>>("[9007199254740993, 2**64 - 1, 1, 1.0]")).Should().Equal(Odd, ulong.MaxValue, 1L, 1.0);
        (await EvalAsync<object[][]>("[[9007199254740993]]"))[0].Should().Equal(Odd);
        (await EvalAsync<Holder>("{'Value': 9007199254740993, 'Values': [3]}")).Should().BeEquivalentTo(new Holder(Odd, [3L]));
        (await EvalAsync<Dictionary<long, string>>("{9007199254740993: 'odd'}")).Should().ContainKey(Odd);
        (await EvalAsync<object>("{9007199254740993: 'odd'}")).Should().BeEquivalentTo(new Dictionary<string, object?> { ["9007199254740993"] = "odd" });
    }

    [Fact]
    public async Task LogEventAsync_NumbersOfEachKind_StayWhatTheyAre()
    {
        string topic = $"numbers-{Guid.NewGuid():N}";

        await Client.LogEventAsync(topic, new { Whole = 1, Odd = 9007199254740993, Large = ulong.MaxValue, Real = 2.0, Nothing = double.NaN, Data = new byte[] { 65 } }, Token);

        string seen = await Client.RunScriptAsync<string>(
            "repr(client.get_events(topic)[0][1])", new Dictionary<string, object?> { ["topic"] = topic }, cancellationToken: Token);
        seen.Should().Be("{'Whole': 1, 'Odd': 9007199254740993, 'Large': 18446744073709551615, 'Real': 2.0, 'Nothing': nan, 'Data': b'A'}");
    }

    [Fact]
    public async Task LogEventAsync_DataWithoutJsonForm_ThrowsArgumentException()
    {
        using JsonDocument document = JsonDocument.Parse("""{"Big": 18446744073709551616}""");
        Func<Task> big = () => Client.LogEventAsync("numbers", document.RootElement, Token);
        Func<Task> exact = () => Client.LogEventAsync("numbers", new { Exact = 0.1234567890123456789m }, Token);
        Func<Task> stream = () => Client.LogEventAsync("numbers", Stream.Null, Token);

        (await big.Should().ThrowAsync<ArgumentException>()).WithMessage("*64 bits*");
        (await exact.Should().ThrowAsync<ArgumentException>()).WithMessage("*Decimal*");
        await stream.Should().ThrowAsync<ArgumentException>();
    }

    [Fact]
    public async Task ResultAsync_NumpyScalars_AreNumbers()
    {
        (await EvalAsync<int>("__import__('numpy').int64(7)")).Should().Be(7);
        (await EvalAsync<double[]>("[__import__('numpy').float32(0.5), __import__('numpy').float64(0.25)]")).Should().Equal(0.5, 0.25);
        (await EvalAsync<bool>("__import__('numpy').bool_(True)")).Should().BeTrue();
    }

    [Theory]
    [InlineData("2**64", "int", "*past 64 bits*")]
    [InlineData("{'a': [{1, 2}]}", "set", "*set has no JSON representation*")]
    [InlineData("__import__('pandas').DataFrame({'a': [1]})", "pandas.core.frame.DataFrame", "*DataFrame*pass the future to another task*")]
    [InlineData("__import__('threading').Thread()", "threading.Thread", "*threading.Thread*")]
    public async Task ResultAsync_ValueWithoutJsonForm_ThrowsNamingItsType(string expression, string type, string message)
    {
        Func<Task> evaluate = () => EvalAsync<object>(expression);

        DaskResultException error = (await evaluate.Should().ThrowAsync<DaskResultException>()).WithMessage(message).Which;
        error.PythonType.Should().Be(type);
    }

    [Fact]
    public async Task ResultAsync_OtherType_ThrowsNamingBoth()
    {
        Func<Task> evaluate = () => EvalAsync<int>("'forty-two'");

        DaskResultException error = (await evaluate.Should().ThrowAsync<DaskResultException>()).WithMessage("*type str*System.Int32*").Which;
        error.PythonType.Should().Be("str");
    }

    [Fact]
    public async Task SubmitAsync_ArgumentWithoutJsonForm_ThrowsNamingItsType()
    {
        Func<Task> big = () => RunAsync<string>(PythonFunction.FromName("builtins", "repr"), [BigInteger.Pow(2, 64)]);
        Func<Task> stream = () => RunAsync<string>(PythonFunction.FromName("builtins", "repr"), [Stream.Null]);

        (await big.Should().ThrowAsync<ArgumentException>()).WithMessage("*BigInteger 18446744073709551616*64 bits*");
        (await stream.Should().ThrowAsync<ArgumentException>()).WithMessage("*Stream*");
    }

    [Fact]
    public async Task ResultAsync_ResultPastAShard_ArrivesWhole()
    {
        // 70 MB of incompressible bytes are two shards; 80 MB of one letter are compressed on their way, where lz4 is.
        byte[] noise = await EvalAsync<byte[]>("__import__('random').Random(1).randbytes(70_000_000)");
        string letters = await EvalAsync<string>("'x' * 80_000_000");

        noise.Should().HaveCount(70_000_000);
        letters.Length.Should().Be(80_000_000);
        letters.AsSpan().IndexOfAnyExcept('x').Should().Be(-1);
    }

    [Fact]
    public async Task SubmitAsync_TaskEndsItsProcess_FailsAndTheWorkerLives()
    {
        Func<Task> exit = () => RunAsync<object>(PythonFunction.FromName("sys", "exit"), [3]);

        (await exit.Should().ThrowAsync<DaskTaskException>()).Which.PythonMessage.Should().Contain("SystemExit(3)");
        (await Client.GetSchedulerInfoAsync(Token)).Workers.Should().HaveCount(3);
    }

    [Theory]
    [InlineData("no_such_module", "f", "ModuleNotFoundError")]
    [InlineData("operator", "no_such_function", "AttributeError")]
    public async Task SubmitAsync_UnknownFunction_FailsWithPythonsError(string module, string name, string type)
    {
        Func<Task> call = () => RunAsync<object>(PythonFunction.FromName(module, name), []);

        (await call.Should().ThrowAsync<DaskTaskException>()).Which.PythonType.Should().Be(type);
    }

    [Fact]
    public async Task SubmitAsync_SourceThatDoesNotParse_FailsWithSyntaxError()
    {
        Func<Task> call = () => RunAsync<object>(PythonFunction.FromSource("def f(:\n    pass", "f"), []);

        (await call.Should().ThrowAsync<DaskTaskException>()).Which.PythonType.Should().Be("SyntaxError");
    }

    [Fact]
    public async Task SubmitAsync_Keywords_ArriveByName()
    {
        PythonFunction rounded = PythonFunction.FromName("builtins", "round").WithKeywords(new Dictionary<string, object?> { ["ndigits"] = 1 });

        (await RunAsync<double>(rounded, [3.14159])).Should().Be(3.1);
    }

    [Fact]
    public async Task SubmitAsync_Retries_RunsAgainAfterFailure()
    {
        string file = Path.Combine(Path.GetTempPath(), $"daskk8s-{Guid.NewGuid():N}");
        PythonFunction flaky = PythonFunction.FromSource(
            "import os\ndef flaky(file):\n    if not os.path.exists(file):\n        open(file, 'w').close()\n        raise OSError('first time')\n    return 'second time'\n",
            "flaky");

        using DaskFuture<string> future = await Client.SubmitAsync<string>(flaky, [file], new TaskOptions { Retries = 2 }, Token);

        (await future.ResultAsync(Limit, Token)).Should().Be("second time");
        File.Delete(file);
    }

    [Fact]
    public async Task SubmitAsync_Pure_IsOneTaskForEqualCalls()
    {
        PythonFunction random = PythonFunction.FromSource("import random\ndef draw(n):\n    return random.random()\n", "draw");
        TaskOptions pure = new() { Pure = true };

        using DaskFuture<double> first = await Client.SubmitAsync<double>(random, [1], pure, Token);
        using DaskFuture<double> same = await Client.SubmitAsync<double>(random, [1], pure, Token);
        using DaskFuture<double> other = await Client.SubmitAsync<double>(random, [2], pure, Token);

        same.Key.Should().Be(first.Key);
        (await same.ResultAsync(Limit, Token)).Should().Be(await first.ResultAsync(Limit, Token));
        (await other.ResultAsync(Limit, Token)).Should().NotBe(await first.ResultAsync(Limit, Token));
    }

    [Fact]
    public async Task CancelAsync_QueuedTask_NeverRunsAndIsToldAsCancelled()
    {
        PythonFunction slow = PythonFunction.FromSource("import time\ndef slow(s):\n    time.sleep(s)\n", "slow");
        TaskOptions gpu = new() { Resources = new Dictionary<string, double> { ["GPU"] = 1 } };
        using DaskFuture<object> running = await Client.SubmitAsync<object>(slow, [1.0], gpu, Token);
        DaskFuture<object> queued = await Client.SubmitAsync<object>(slow, [100.0], gpu, Token);

        await queued.CancelAsync(Token);

        queued.Status.Should().Be(DaskFutureStatus.Cancelled);
        await queued.Awaiting(f => f.ResultAsync(Limit, Token)).Should().ThrowAsync<DaskTaskLostException>().WithMessage("*was cancelled*");
        await running.ResultAsync(Limit, Token);
        using DaskFuture<int> next = await Client.SubmitAsync<int>(PythonFunction.FromName("operator", "add"), [1, 1], gpu, Token);
        (await next.ResultAsync(TimeSpan.FromSeconds(10), Token)).Should().Be(2, "the cancelled task is not in its way");
    }

    [Fact]
    public async Task ResultAsync_Timeout_ThrowsTimeoutExceptionAndTheTaskGoesOn()
    {
        PythonFunction slow = PythonFunction.FromSource("import time\ndef slow(s):\n    time.sleep(s)\n    return s\n", "slow");
        using DaskFuture<double> future = await Client.SubmitAsync<double>(slow, [1.0], null, Token);

        await future.Awaiting(f => f.ResultAsync(TimeSpan.FromMilliseconds(50), Token)).Should().ThrowAsync<TimeoutException>();

        (await future.ResultAsync(Limit, Token)).Should().Be(1.0);
    }

    [Fact]
    public async Task AsCompletedAsync_TasksOfDifferentLength_ComeAsTheyEnd()
    {
        PythonFunction slow = PythonFunction.FromSource("import time\ndef slow(s):\n    time.sleep(s)\n    return s\n", "slow");
        using DaskFutureList<double> futures = await Client.MapAsync<double>(slow, new[] { 1.0, 0.0, 0.4 }, null, Token);
        List<double> order = [];

        await foreach (DaskFuture<double> future in Client.AsCompletedAsync(futures, Token))
        {
            order.Add(await future.ResultAsync(Limit, Token));
        }

        order.Should().BeEquivalentTo([1.0, 0.0, 0.4]);
        order[^1].Should().Be(1.0);
    }

    [Fact]
    public async Task GatherAsync_WithProgress_CountsToTheEnd()
    {
        Counts counts = new();
        using DaskFutureList<int> futures = await Client.MapAsync<int>(PythonFunction.FromName("operator", "neg"), Enumerable.Range(0, 50), null, Token);

        IReadOnlyList<int> results = await Client.GatherAsync(futures, counts, Token);

        results.Should().Equal(Enumerable.Range(0, 50).Select(i => -i));
        counts.Last.Should().Be(new DaskProgress(50, 50, 0));
    }

    [Fact]
    public async Task GatherAsync_OneFails_ThrowsItsError()
    {
        using DaskFutureList<double> futures = await Client.StarMapAsync<double>(
            PythonFunction.FromName("operator", "truediv"), [[1, 2], [1, 0], [3, 4]], null, Token);

        Func<Task> gather = () => Client.GatherAsync(futures, null, Token);

        DaskTaskException error = (await gather.Should().ThrowAsync<DaskTaskException>()).Which;
        error.PythonType.Should().Be("ZeroDivisionError");
        error.PythonMessage.Should().Be("division by zero");
        error.Key.Should().Be(futures[1].Key);
    }

    [Fact]
    public async Task SubmitAsync_WorkersByName_RunsThere()
    {
        PythonFunction where = PythonFunction.FromSource("from distributed import get_worker\ndef where():\n    return get_worker().name\n", "where");
        using (Client.Annotate(new TaskOptions { Workers = ["cpu-0"] }))
        {
            using DaskFuture<string> outer = await Client.SubmitAsync<string>(where, [], null, Token);
            using IDisposable inner = Client.Annotate(new TaskOptions { Workers = ["cpu-1"], Priority = 5 });
            using DaskFuture<string> nested = await Client.SubmitAsync<string>(where, [], null, Token);
            using DaskFuture<string> own = await Client.SubmitAsync<string>(where, [], new TaskOptions { Workers = ["gpu-0"] }, Token);

            (await outer.ResultAsync(Limit, Token)).Should().Be("cpu-0");
            (await nested.ResultAsync(Limit, Token)).Should().Be("cpu-1");
            (await own.ResultAsync(Limit, Token)).Should().Be("gpu-0");
        }
    }

    private async Task<T> EvalAsync<T>(string expression) => await RunAsync<T>(PythonFunction.FromName("builtins", "eval"), [expression]);

    private async Task<T> RunAsync<T>(PythonFunction function, IReadOnlyList<object?> arguments)
    {
        using DaskFuture<T> future = await Client.SubmitAsync<T>(function, arguments, null, Token);
        return await future.ResultAsync(Limit, Token);
    }

    private sealed record Holder(object Value, object[] Values);

    private sealed record Point(double X, int Y, string? Label);

    private sealed class Counts : IProgress<DaskProgress>
    {
        public DaskProgress Last { get; private set; }

        public void Report(DaskProgress value) => Last = value;

        public override string ToString() => Last.ToString();
    }
}
