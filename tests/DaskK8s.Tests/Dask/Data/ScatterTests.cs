using System.Numerics;

using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Dask.Data;

#pragma warning disable CA1814 // Arrays of several dimensions are what is tested.
/// <summary>Values on their way to workers: scattered, or as arguments of tasks.</summary>
[Collection(DaskProcessesGroup.Name)]
public sealed class ScatterTests(DaskProcesses dask) : DaskClientTestBase(dask)
{
    private static readonly PythonFunction Describe = PythonFunction.FromSource(
        "def describe(x):\n    return '%s %s %s %s' % (type(x).__name__, getattr(x, 'dtype', ''), getattr(x, 'shape', ''), x.tolist() if hasattr(x, 'tolist') else x)\n",
        "describe");

    public static TheoryData<object, string> Arrays => new()
    {
        { new DaskArray<double>(new[] { 1.5, 2 }), "ndarray float64 (2,) [1.5, 2.0]" },
        { new DaskArray<int>(new[] { 1, 2, 3, 4, 5, 6 }, 3, 2), "ndarray int32 (3, 2) [[1, 2], [3, 4], [5, 6]]" },
        { new[,] { { 1L, 2 }, { 3, 4 } }, "ndarray int64 (2, 2) [[1, 2], [3, 4]]" },
        { new[,,] { { { true, false } } }, "ndarray bool (1, 1, 2) [[[True, False]]]" },
        { new DaskArray<Complex>(new[] { new Complex(1, 2) }), "ndarray complex128 (1,) [(1+2j)]" },
        { new DaskArray<byte>(Array.Empty<byte>()), "ndarray uint8 (0,) []" },
    };

    [Theory]
    [MemberData(nameof(Arrays))]
    public async Task SubmitAsync_ArrayAsAnArgument_IsNumpysInPython(object array, string expected)
    {
        using DaskFuture<string> future = await Client.SubmitAsync<string>(Describe, [array], null, Token);

        (await future.ResultAsync(Limit, Token)).Should().Be(expected);
    }

    [Theory]
    [MemberData(nameof(Arrays))]
    public async Task ScatterAsync_Array_IsNumpysInPython(object array, string expected)
    {
        using DaskFuture<object> scattered = await Client.ScatterAsync(array, cancellationToken: Token);
        using DaskFuture<string> future = await Client.SubmitAsync<string>(Describe, [scattered], null, Token);

        (await future.ResultAsync(Limit, Token)).Should().Be(expected);
    }

    [Fact]
    public async Task SubmitAsync_ArrayArgument_CanBeWrittenToAndStandsBesideFutures()
    {
        PythonFunction add = PythonFunction.FromSource("def add(a, b):\n    a += b\n    return a\n", "add");
        using DaskFuture<double[]> first = await Client.ScatterAsync(new[] { 10.0, 20 }, cancellationToken: Token);

        using DaskFuture<double[]> sum = await Client.SubmitAsync<double[]>(add, [new DaskArray<double>(new[] { 1.0, 2 }), first], null, Token);

        (await sum.ResultAsync(Limit, Token)).Should().Equal(11, 22);
    }

    [Fact]
    public async Task ScatterAsync_Values_AreGivenBackAsTheyWere()
    {
        using DaskFuture<double[]> array = await Client.ScatterAsync(new[] { 1.0, 2, 3 }, cancellationToken: Token);
        using DaskFuture<string> text = await Client.ScatterAsync("ä", cancellationToken: Token);
        using DaskFuture<byte[]> bytes = await Client.ScatterAsync(new byte[] { 1, 2 }, cancellationToken: Token);
        using DaskFuture<Point> record = await Client.ScatterAsync(new Point(1, "two"), cancellationToken: Token);
        using DaskFuture<object?> none = await Client.ScatterAsync<object?>(null, cancellationToken: Token);

        (await array.ResultAsync(Limit, Token)).Should().Equal(1, 2, 3);
        (await text.ResultAsync(Limit, Token)).Should().Be("ä");
        (await bytes.ResultAsync(Limit, Token)).Should().Equal(1, 2);
        (await record.ResultAsync(Limit, Token)).Should().Be(new Point(1, "two"));
        (await none.ResultAsync(Limit, Token)).Should().BeNull();
    }

    [Fact]
    public async Task ScatterAsync_LargeArray_GoesInPiecesWithProgressAndComesBackEqual()
    {
        double[] values = [.. Enumerable.Range(0, 3_000_000).Select(static i => i * 0.5)];
        List<DaskTransferProgress> told = [];

        using DaskFuture<double[]> scattered = await Client.ScatterAsync(values, null, new Told(told), Token);

        (await scattered.ResultAsync(Limit, Token)).AsSpan().SequenceEqual(values).Should().BeTrue();
        told.Should().HaveCountGreaterThan(4);
        told[^1].Should().Be(new DaskTransferProgress(24_000_000, 24_000_000));
    }

    [Fact]
    public async Task ScatterAsync_EqualValuesByHash_AreOneKeyAndOthersAreNot()
    {
        using DaskFuture<double[]> first = await Client.ScatterAsync(new[] { 4.25, 2 }, cancellationToken: Token);
        using DaskFuture<double[]> same = await Client.ScatterAsync(new[] { 4.25, 2 }, cancellationToken: Token);
        using DaskFuture<float[]> otherType = await Client.ScatterAsync(new[] { 4.25f, 2 }, cancellationToken: Token);
        using DaskFuture<double[]> unique = await Client.ScatterAsync(new[] { 4.25, 2 }, new ScatterOptions { Hash = false }, cancellationToken: Token);

        first.Dispose();

        same.Key.Should().Be(first.Key);
        otherType.Key.Should().NotBe(first.Key);
        unique.Key.Should().NotBe(first.Key);
        (await same.ResultAsync(Limit, Token)).Should().Equal(4.25, 2);
    }

    [Fact]
    public async Task ScatterAsync_WorkersAndBroadcast_DecideWhoHoldsTheValue()
    {
        // Every two seconds Dask's active memory manager drops copies that no task needs.
        PythonFunction manage = PythonFunction.FromSource(
            "def manage(on, dask_scheduler=None):\n    manager = dask_scheduler.extensions['amm']\n    manager.start() if on else manager.stop()\n", "manage");
        await Client.RunOnSchedulerAsync<object?>(manage, [false], cancellationToken: Token);
        await using Deferred restart = new(() => Client.RunOnSchedulerAsync<object?>(manage, [true], cancellationToken: Token));
        Dictionary<string, string> names = (await Client.GetSchedulerInfoAsync(Token)).Workers.ToDictionary(static w => w.Address, static w => w.Name);
        using DaskFuture<int[]> one = await Client.ScatterAsync(new[] { 1, 2, 3 }, new ScatterOptions { Workers = ["gpu-0"] }, cancellationToken: Token);
        using DaskFuture<int[]> two = await Client.ScatterAsync(new[] { 4, 5, 6 }, new ScatterOptions { Workers = ["cpu-0", "cpu-1"], Broadcast = true }, cancellationToken: Token);
        using DaskFuture<int[]> all = await Client.ScatterAsync(new[] { 7, 8, 9 }, new ScatterOptions { Broadcast = true }, cancellationToken: Token);

        IReadOnlyDictionary<string, IReadOnlyList<string>> holders = await Client.WhoHasAsync([one.Key, two.Key, all.Key], Token);

        holders[one.Key].Select(address => names[address]).Should().Equal("gpu-0");
        holders[two.Key].Select(address => names[address]).Should().BeEquivalentTo("cpu-0", "cpu-1");
        holders[all.Key].Should().HaveCount(names.Count);
    }

    [Fact]
    public async Task ScatterAsync_FutureIsDisposed_ValueIsForgotten()
    {
        DaskFuture<int[]> scattered = await Client.ScatterAsync(new[] { 99, 98 }, new ScatterOptions { Hash = false }, cancellationToken: Token);

        scattered.Dispose();

        while ((await Client.WhoHasAsync(null, Token)).ContainsKey(scattered.Key))
        {
            await Task.Delay(20, Token);
        }
    }

    [Fact]
    public async Task ScatterAsync_NoSuchWorker_ThrowsDaskNoWorkerException()
    {
        Func<Task> scatter = () => Client.ScatterAsync(1, new ScatterOptions { Workers = ["nobody"] }, cancellationToken: Token);

        await scatter.Should().ThrowAsync<DaskNoWorkerException>();
    }

    [Fact]
    public async Task ScatterAsync_FutureInside_ThrowsArgumentException()
    {
        using DaskFuture<int> future = await Client.ScatterAsync(1, cancellationToken: Token);

        Func<Task> scatter = () => Client.ScatterAsync(new object[] { future }, cancellationToken: Token);

        await scatter.Should().ThrowAsync<ArgumentException>();
    }

    private sealed record Point(int X, string Label);

    private sealed class Told(List<DaskTransferProgress> list) : IProgress<DaskTransferProgress>
    {
        public void Report(DaskTransferProgress value) => list.Add(value);
    }

    private sealed class Deferred(Func<Task> action) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await action();
    }
}
