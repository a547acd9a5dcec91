using DaskK8s.Dask.Protocol;
using DaskK8s.Dask.Rpc;
using DaskK8s.Dask.Tasks;
using DaskK8s.Tests.Rigs.Dask;

using K4os.Compression.LZ4;

using Microsoft.Extensions.Logging.Abstractions;

namespace DaskK8s.Tests.Dask.Protocol;

/// <summary>Little messages that stand for much: they are refused before memory is spent on them.</summary>
public sealed class DecodingBudgetTests
{
    private const int Megabyte = 1 << 20;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(new[] { 1, 1 }, new[] { 0, 0 })]
    [InlineData(new[] { 2, 2 }, new[] { 0, 1 })]
    [InlineData(new[] { 1, 1 }, new[] { 1, 0 })]
    public void Open_ShardsThatOverlap_ThrowsWithoutJoiningThem(int[] counts, int[] offsets)
    {
        // 500 times the same pair of ranges: 1.5 GB of three frames of 1 MB.
        byte[][] frames = [new byte[Megabyte], new byte[Megabyte], new byte[Megabyte]];
        SerializedValue value = Value(
            frames,
            ("serializer", "msgpack"),
            ("split-num-sub-frames", Enumerable.Repeat(counts, 500).SelectMany(static c => c).Select(static c => (object?)(long)c).ToArray()),
            ("split-offsets", Enumerable.Repeat(offsets, 500).SelectMany(static o => o).Select(static o => (object?)(long)o).ToArray()));
        long before = GC.GetAllocatedBytesForCurrentThread();

        value.Invoking(static v => v.Open()).Should().Throw<DaskProtocolException>().WithMessage("*received only once*");

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(32 * Megabyte);
    }

    [Fact]
    public void Decode_ManyPlaceholdersOfOneHeader_ThrowsAfterTheFirst()
    {
        byte[] header = FakeMessages.Pack(FakeMessages.Map(
            ("serializer", "msgpack"), ("num-sub-frames", 0L), ("filling", Enumerable.Repeat((object?)"x", 20_000).ToArray())));
        byte[] body = FakeMessages.Pack(Enumerable.Repeat((object?)FakeMessages.Map(("__Serialized__", 1L)), 4000).ToArray());
        DaskMessage message = new([body, header]);
        long before = GC.GetAllocatedBytesForCurrentThread();

        FluentActions.Invoking(() => MsgpackTree.Decode(message, FrameLimits.Default)).Should().Throw<DaskProtocolException>().WithMessage("*same frames*");

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(16 * Megabyte);
    }

    [Fact]
    public void Decode_PlaceholdersWhoseFramesOverlap_Throws()
    {
        byte[] outer = FakeMessages.Pack(FakeMessages.Map(("serializer", "msgpack"), ("num-sub-frames", 2L)));
        byte[] inner = FakeMessages.Pack(FakeMessages.Map(("serializer", "msgpack"), ("num-sub-frames", 1L)));
        byte[] body = FakeMessages.Pack(new object?[] { FakeMessages.Map(("__Serialized__", 1L)), FakeMessages.Map(("__Serialized__", 2L)) });
        DaskMessage message = new([body, outer, inner, new byte[] { 0xc0 }]);

        FluentActions.Invoking(() => MsgpackTree.Decode(message, FrameLimits.Default)).Should().Throw<DaskProtocolException>().WithMessage("*same frames*");
    }

    [Fact]
    public void Open_Lz4FramesPastTheBudget_ThrowsNamingIt()
    {
        byte[] plain = new byte[Megabyte];
        byte[] block = new byte[LZ4Codec.MaximumOutputSize(plain.Length)];
        byte[] frame = [.. BitConverter.GetBytes(plain.Length), .. block[..LZ4Codec.Encode(plain, block)]];
        SerializedValue value = Value(
            [frame, frame, frame], new DecodingBudget(2 * Megabyte), ("serializer", "msgpack"), ("compression", new object?[] { "lz4", "lz4", "lz4" }));

        value.Invoking(static v => v.Open()).Should().Throw<DaskProtocolException>().WithMessage("*expands to more than the 2 MiB*");
    }

    [Theory]
    [InlineData("tree")]
    [InlineData("object")]
    [InlineData("list")]
    [InlineData("array")]
    [InlineData("map")]
    [InlineData("workers")]
    [InlineData("services")]
    public void Decode_ManyItemsOfOneByte_ThrowsNamingTheBudget(string shape)
    {
        byte[] items = [0xdd, 0, 1, 0x86, 0xa0, .. new byte[100_000]];
        byte[] pairs = [0xdf, 0, 1, 0x86, 0xa0, .. Enumerable.Range(0, 100_000).SelectMany(i => new byte[] { 0xcd, (byte)(i >> 8), (byte)i, shape == "services" ? (byte)1 : (byte)0x80 })];
        DecodingBudget budget = new(Megabyte);

        Action decode = shape switch
        {
            "tree" => () => MsgpackTree.Decode(new DaskMessage([items], budget), FrameLimits.Default),
            "object" => () => ResultReader.Read<object>("k", items, budget),
            "list" => () => ResultReader.Read<List<object?>>("k", items, budget),
            "array" => () => ResultReader.Read<int[]>("k", items, budget),
            "map" => () => MsgpackTree.Decode(new DaskMessage([pairs], budget), FrameLimits.Default),
            _ => () => Msgpack.Decode(new DaskMessage([(byte[])[.. Identity(shape), .. pairs]], budget), IdentityDecoder.Decode),
        };

        decode.Should().Throw<DaskProtocolException>().WithMessage("*expands to more than the 1 MiB*");
    }

    [Fact]
    public void Decode_TokenCancelled_Ends()
    {
        byte[] items = [0xdd, 0, 1, 0x86, 0xa0, .. new byte[100_000]];
        DecodingBudget budget = new(long.MaxValue) { Token = new CancellationToken(canceled: true) };

        FluentActions.Invoking(() => MsgpackTree.Decode(new DaskMessage([items], budget), FrameLimits.Default)).Should().Throw<OperationCanceledException>();
    }

    [Fact]
    public async Task CallAsync_AnswerThatTakesLongToDecode_EndsWithTheCallsLimit()
    {
        FakeScheduler fake = new(FakeMessages.Frame(FakeMessages.Pack("answer"))) { ClosesAfterwards = false };
        await using SchedulerRpc rpc = new(fake.Endpoint, new SchedulerTimeouts(), TimeProvider.System, NullLogger.Instance);
        RpcCall call = new("long") { Timeout = TimeSpan.FromSeconds(0.5) };

        Func<Task> decode = () => rpc.CallAsync(
            call,
            static (ref MessagePack.MessagePackReader reader, DaskMessage message) =>
            {
                message.Budget.Token.WaitHandle.WaitOne(TimeSpan.FromSeconds(60)).Should().BeTrue("decoding is under the call's limit");
                message.Budget.Token.ThrowIfCancellationRequested();
                return true;
            },
            Token);

        (await decode.Should().ThrowAsync<SchedulerTimeoutException>()).Which.Operation.Should().Be("long");
    }

    private static byte[] Identity(string field) =>
        [0x82, 0xa2, (byte)'i', (byte)'d', 0xa1, (byte)'x', (byte)(0xa0 + field.Length), .. System.Text.Encoding.ASCII.GetBytes(field)];

    private static SerializedValue Value(byte[][] frames, params (string Key, object? Value)[] header) =>
        Value(frames, new DecodingBudget(FrameLimits.Default.MaxExpandedBytes), header);

    private static SerializedValue Value(byte[][] frames, DecodingBudget budget, params (string Key, object? Value)[] header) =>
        new(FakeMessages.Map(header), frames.Select(static f => new ReadOnlyMemory<byte>(f)).ToArray(), budget);
}
