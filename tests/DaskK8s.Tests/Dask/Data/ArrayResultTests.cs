using System.Numerics;

using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Dask.Data;

#pragma warning disable CA1814 // Arrays of several dimensions are what is tested.
/// <summary>NumPy's arrays as results, on workers without pyarrow.</summary>
[Collection(DaskProcessesGroup.Name)]
public sealed class ArrayResultTests(DaskProcesses dask) : DaskClientTestBase(dask)
{
    public static TheoryData<string, Array> Elements => new()
    {
        { "numpy.array([1.5, float('nan'), -2])", new[] { 1.5, double.NaN, -2 } },
        { "numpy.array([1.5, -2], 'f4')", new[] { 1.5f, -2 } },
        { "numpy.array([1.5, -2], 'f2')", new[] { (Half)1.5, (Half)(-2) } },
        { "numpy.array([1, -2])", new[] { 1L, -2 } },
        { "numpy.array([1, -2], 'i4')", new[] { 1, -2 } },
        { "numpy.array([1, -2], 'i2')", new short[] { 1, -2 } },
        { "numpy.array([1, -2], 'i1')", new sbyte[] { 1, -2 } },
        { "numpy.array([1, 2**64 - 1], 'u8')", new ulong[] { 1, ulong.MaxValue } },
        { "numpy.array([1, 2], 'u4')", new uint[] { 1, 2 } },
        { "numpy.array([1, 2], 'u2')", new ushort[] { 1, 2 } },
        { "numpy.array([1, 2], 'u1')", new byte[] { 1, 2 } },
        { "numpy.array([True, False])", new[] { true, false } },
        { "numpy.array([1 + 2j])", new[] { new Complex(1, 2) } },
        { "numpy.array([1 + 2j], 'c8')", new[] { new Complex(1, 2) } },
        // Byte order and strides.
        { "numpy.array([1, 2, 3], '>i4')[::-1]", new[] { 3, 2, 1 } },
        { "numpy.arange(10.0)[1:9:3]", new[] { 1.0, 4, 7 } },
        { "numpy.asfortranarray([[1, 2], [3, 4]])", new[,] { { 1L, 2 }, { 3, 4 } } },
        { "numpy.arange(8, dtype='i4').reshape(2, 2, 2).transpose()", new[,,] { { { 0, 4 }, { 2, 6 } }, { { 1, 5 }, { 3, 7 } } } },
        { "numpy.broadcast_to(numpy.int32(7), (2, 3))", new[,] { { 7, 7, 7 }, { 7, 7, 7 } } },
        { "numpy.empty((0,), 'i4')", Array.Empty<int>() },
        { "__import__('array').array('d', [1, 2])", new[] { 1.0, 2 } },
    };

    [Theory]
    [MemberData(nameof(Elements))]
    public async Task ResultAsync_Array_HasItsElementsAndShape(string source, Array expected)
    {
        // By the type itself: to a pattern, long[] and ulong[] are the same.
        Type type = expected.GetType();
        Array result = type == typeof(double[]) ? await RunAsync<double[]>(source)
            : type == typeof(float[]) ? await RunAsync<float[]>(source)
            : type == typeof(Half[]) ? await RunAsync<Half[]>(source)
            : type == typeof(long[]) ? await RunAsync<long[]>(source)
            : type == typeof(int[]) ? await RunAsync<int[]>(source)
            : type == typeof(short[]) ? await RunAsync<short[]>(source)
            : type == typeof(sbyte[]) ? await RunAsync<sbyte[]>(source)
            : type == typeof(ulong[]) ? await RunAsync<ulong[]>(source)
            : type == typeof(uint[]) ? await RunAsync<uint[]>(source)
            : type == typeof(ushort[]) ? await RunAsync<ushort[]>(source)
            : type == typeof(byte[]) ? await RunAsync<byte[]>(source)
            : type == typeof(bool[]) ? await RunAsync<bool[]>(source)
            : type == typeof(Complex[]) ? await RunAsync<Complex[]>(source)
            : type == typeof(long[,]) ? await RunAsync<long[,]>(source)
            : type == typeof(int[,]) ? await RunAsync<int[,]>(source)
            : await RunAsync<int[,,]>(source);

        result.Should().BeEquivalentTo(expected, static options => options.WithStrictOrdering());
    }

    [Fact]
    public async Task ResultAsync_WhatIsAskedFor_IsMadeOfTheArray()
    {
        const string Source = "numpy.arange(6, dtype='i4').reshape(2, 3)";

        DaskArray<int> shaped = await RunAsync<DaskArray<int>>(Source);
        object plain = await RunAsync<object>(Source);
        double[,] converted = await RunAsync<double[,]>(Source);
        int[][] jagged = await RunAsync<int[][]>(Source);
        ReadOnlyMemory<int> memory = await RunAsync<ReadOnlyMemory<int>>("numpy.arange(3, dtype='i4')");
        List<double> list = await RunAsync<List<double>>("numpy.array([1.5, 2])");
        Summary summary = await RunAsync<Summary>("{'name': 'a', 'means': numpy.array([1.5, 2.5]), 'shape': [numpy.array([[1, 2]])]}");
        DateTime[] dates = await RunAsync<DateTime[]>("numpy.array(['2026-01-02T03:04:05', '2026-01-03'], 'M8[ns]')");
        string[] texts = await RunAsync<string[]>("numpy.array(['a', 'b'])");

        shaped.Shape.Should().Equal(2, 3);
        shaped[1, 2].Should().Be(5);
        plain.Should().BeOfType<DaskArray<int>>().Which.Values.ToArray().Should().Equal(0, 1, 2, 3, 4, 5);
        converted.Should().BeEquivalentTo(new[,] { { 0.0, 1, 2 }, { 3, 4, 5 } });
        jagged.Should().BeEquivalentTo(new[] { new[] { 0, 1, 2 }, [3, 4, 5] });
        memory.ToArray().Should().Equal(0, 1, 2);
        list.Should().Equal(1.5, 2);
        summary.Means.Should().Equal(1.5, 2.5);
        summary.Shape.Should().ContainSingle().Which.Should().BeEquivalentTo(new[] { new[] { 1, 2 } });
        dates.Should().Equal(new DateTime(2026, 1, 2, 3, 4, 5), new DateTime(2026, 1, 3));
        texts.Should().Equal("a", "b");
    }

    [Theory]
    [InlineData("numpy.arange(6).reshape(2, 3)", "*(2, 3) has 2 dimensions*DaskArray<Int32>*")]
    [InlineData("numpy.array([1.5])", "*'f8' is not converted to System.Int32*")]
    [InlineData("numpy.array([2**40])", "*cannot be read as System.Int32*")]
    [InlineData("numpy.ma.masked_array([1, 2], [True, False])", "*MaskedArray*")]
    [InlineData("numpy.zeros(400_000)", "*'f8' is not converted to System.Int32*")]
    public async Task ResultAsync_ArrayThatDoesNotFit_ThrowsWhatDoesNot(string source, string message)
    {
        Func<Task> result = () => RunAsync<int[]>(source);

        (await result.Should().ThrowAsync<DaskResultException>()).WithMessage(message);
    }

    [Fact]
    public async Task ResultAsync_LargeArray_ComesInPiecesWithProgress()
    {
        using DaskFuture<double[,]> future = await Client.SubmitAsync<double[,]>(Make("numpy.arange(3_000_000.0).reshape(1000, 3000)"), [], null, Token);
        List<DaskTransferProgress> told = [];

        double[,] result = await future.ResultAsync(new Told(told), Limit, Token);

        result.GetLength(0).Should().Be(1000);
        result[0, 0].Should().Be(0);
        result[500, 7].Should().Be(1_500_007);
        result[999, 2999].Should().Be(2_999_999);
        told.Should().HaveCount(6).And.OnlyContain(static p => p.Total == 24_000_000);
        told[^1].Bytes.Should().Be(24_000_000);
    }

    [Fact]
    public async Task ResultAsync_ProgressThrows_IsThrownAndTheClientGoesOn()
    {
        using DaskFuture<double[]> future = await Client.SubmitAsync<double[]>(Make("numpy.zeros(2_000_000)"), [], null, Token);

        Func<Task> result = () => future.ResultAsync(new Refusing(), Limit, Token);

        (await result.Should().ThrowAsync<NotSupportedException>()).WithMessage("not this one");
        (await future.ResultAsync(Limit, Token)).Should().HaveCount(2_000_000);
    }

    [Fact]
    public async Task GatherAsync_LargeAndSmallArrays_InTheirOrder()
    {
        PythonFunction make = PythonFunction.FromSource("def make(n):\n    import numpy\n    return numpy.full(n, n, 'i4')\n", "make");
        using DaskFutureList<int[]> futures = await Client.MapAsync<int[]>(make, new[] { 3, 2_000_000, 1, 1_000_000 }, null, Token);

        IReadOnlyList<int[]> results = await Client.GatherAsync(futures, null, Token).WaitAsync(Limit, Token);

        results.Select(static r => (r.Length, r[^1])).Should().Equal((3, 3), (2_000_000, 2_000_000), (1, 1), (1_000_000, 1_000_000));
    }

    [Fact]
    public async Task RunScriptAsync_DaskArray_IsComputed()
    {
        double[] result = await Client.RunScriptAsync<double[]>("import dask.array as da\nda.arange(6.0, chunks=2) * 2", cancellationToken: Token);

        result.Should().Equal(0, 2, 4, 6, 8, 10);
    }

    private static PythonFunction Make(string source) => PythonFunction.FromSource($"import numpy\ndef make():\n    return {source}\n", "make");

    private async Task<T> RunAsync<T>(string source)
    {
        using DaskFuture<T> future = await Client.SubmitAsync<T>(Make(source), [], null, Token);
        return await future.ResultAsync(Limit, Token);
    }

    private sealed record Summary(string Name, double[] Means, int[][][] Shape);

    private sealed class Told(List<DaskTransferProgress> list) : IProgress<DaskTransferProgress>
    {
        public void Report(DaskTransferProgress value) => list.Add(value);
    }

    private sealed class Refusing : IProgress<DaskTransferProgress>
    {
        public void Report(DaskTransferProgress value) => throw new NotSupportedException("not this one");
    }
}
