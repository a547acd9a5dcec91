using System.Buffers.Binary;

using DaskK8s.Dask.Protocol;
using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Dask.Protocol;

public sealed class FrameCodecTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(70_000)]
    [InlineData(3_000_000)]
    public async Task ReadAsync_WhatWasWritten_ComesBack(int size)
    {
        byte[] large = new byte[size];
        Random.Shared.NextBytes(large);
        using MemoryStream stream = new(FakeMessages.Frame([0xc0], large, [], [1, 2, 3]));

        DaskMessage message = await FrameCodec.ReadAsync(stream, FrameLimits.Default, Token);

        message.Frames.Select(f => f.ToArray()).Should().SatisfyRespectively(
            f => f.Should().Equal(0xc0),
            f => f.SequenceEqual(large).Should().BeTrue(),
            f => f.Should().BeEmpty(),
            f => f.Should().Equal(1, 2, 3));
        stream.Position.Should().Be(stream.Length);
    }

    [Fact]
    public async Task ReadAsync_OuterLengthSmallerThanTheMessage_IsIgnored()
    {
        // As distributed 2023.11 and later may send it.
        byte[] bytes = FakeMessages.Frame([0xc0], [1, 2, 3]);
        BinaryPrimitives.WriteInt64LittleEndian(bytes, 8);
        using MemoryStream stream = new(bytes);

        DaskMessage message = await FrameCodec.ReadAsync(stream, FrameLimits.Default, Token);

        message.Frames.Should().HaveCount(2);
    }

    [Fact]
    public async Task ReadAsync_ThousandsOfFrames_KeepsTheirOrder()
    {
        byte[][] frames = [.. Enumerable.Range(0, 20_000).Select(i => BitConverter.GetBytes(i)[..(i % 5)])];
        using MemoryStream stream = new(FakeMessages.Frame(frames));

        DaskMessage message = await FrameCodec.ReadAsync(stream, FrameLimits.Default, Token);

        message.Frames.Zip(frames).All(p => p.First.Span.SequenceEqual(p.Second)).Should().BeTrue();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(long.MaxValue)]
    [InlineData(-1)]
    [InlineData((1 << 22) + 1)]
    public async Task ReadAsync_ImpossibleNumberOfFrames_ThrowsProtocolException(long count)
    {
        byte[] bytes = new byte[64];
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), count);

        Func<Task> read = async () => await FrameCodec.ReadAsync(new MemoryStream(bytes), FrameLimits.Default, Token);

        await read.Should().ThrowAsync<DaskProtocolException>();
    }

    [Fact]
    public async Task ReadAsync_HugeClaims_CostNoMemory()
    {
        // Four million frames are claimed and none comes; one frame of a gibibyte is claimed and none comes.
        byte[] many = new byte[4096];
        BinaryPrimitives.WriteInt64LittleEndian(many.AsSpan(8), 1 << 22);
        byte[] large = new byte[4096];
        BinaryPrimitives.WriteInt64LittleEndian(large.AsSpan(8), 1);
        BinaryPrimitives.WriteInt64LittleEndian(large.AsSpan(16), 1 << 30);
        long before = GC.GetAllocatedBytesForCurrentThread();

        foreach (byte[] bytes in new[] { many, large })
        {
            Func<Task> read = async () => await FrameCodec.ReadAsync(new MemoryStream(bytes), FrameLimits.Default, default);
            await read.Should().ThrowAsync<EndOfStreamException>();
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(8 << 20);
    }

    [Fact]
    public async Task ReadAsync_MessagePastItsLimit_ThrowsProtocolException()
    {
        byte[] bytes = FakeMessages.Frame([0xc0], new byte[600], new byte[600]);
        FrameLimits limits = new() { MaxMessageBytes = 1000 };

        Func<Task> read = async () => await FrameCodec.ReadAsync(new MemoryStream(bytes), limits, Token);

        (await read.Should().ThrowAsync<DaskProtocolException>()).WithMessage("*1000*");
    }

    [Fact]
    public async Task ReadAsync_CutAnywhere_ThrowsEndOfStream()
    {
        byte[] bytes = FakeMessages.Frame([0xc0], [1, 2, 3], [4]);
        for (int length = 0; length < bytes.Length; length++)
        {
            Func<Task> read = async () => await FrameCodec.ReadAsync(new MemoryStream(bytes[..length]), FrameLimits.Default, Token);

            await read.Should().ThrowAsync<EndOfStreamException>();
        }
    }

    [Fact]
    public async Task ReadAsync_AnHttpServersAnswer_ThrowsProtocolException()
    {
        using MemoryStream stream = new("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"u8.ToArray());

        Func<Task> read = async () => await FrameCodec.ReadAsync(stream, FrameLimits.Default, Token);

        (await read.Should().ThrowAsync<DaskProtocolException>()).WithMessage("*may not be a Dask scheduler's*");
    }
}
