using DaskK8s.Dask.Protocol;
using DaskK8s.Dask.Rpc;
using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Dask.Protocol;

/// <summary>Feeds bytes that no Dask sends: nothing but the documented errors may come out, and memory stays in bounds.</summary>
public sealed class MessageFuzzTests
{
    private const int Rounds = 20_000;

    [Fact]
    public async Task ReadAsync_RandomBytes_OnlyDocumentedErrors()
    {
        foreach (Random random in Fuzz.Rounds(20240401, Rounds))
        {
            byte[] bytes = Fuzz.Bytes(random, random.Next(200));
            if (bytes.Length > 16 && random.Next(2) == 0)
            {
                // Small counts and lengths get past the first checks.
                bytes.AsSpan(8, 8).Clear();
                bytes[8] = (byte)random.Next(4);
                for (int i = 17; i < Math.Min(bytes.Length, 40); i++)
                {
                    bytes[i] = (i - 16) % 8 == 0 ? bytes[i] : (byte)0;
                }
            }

            try
            {
                DecodeAll(await FrameCodec.ReadAsync(new MemoryStream(bytes), FrameLimits.Default, TestContext.Current.CancellationToken));
            }
            catch (Exception e) when (e is DaskProtocolException or EndOfStreamException)
            {
                // These are the documented ones.
            }
        }
    }

    [Fact]
    public void Decode_RandomMsgpack_OnlyDocumentedErrors()
    {
        foreach (Random random in Fuzz.Rounds(20240402, Rounds * 5))
        {
            byte[] bytes = Fuzz.Bytes(random, random.Next(1, 120));
            Try(new DaskMessage([bytes, bytes, bytes]));
        }
    }

    [Fact]
    public void Decode_MutatedRealMessages_OnlyDocumentedErrors()
    {
        byte[][] seeds =
        [
            SyntheticIdentity.Create(3),
            SyntheticIdentity.Create(2, sparse: true),
            FakeMessages.Pack(FakeMessages.Map(("status", "error"), ("exception_text", "ValueError('x')"), ("traceback_text", "  File"))),
            FakeMessages.Pack(FakeMessages.Map(("status", "OK"), ("result", FakeMessages.Map(("__Serialized__", 1))))),
        ];
        byte[] header = FakeMessages.Pack(FakeMessages.Map(
            ("serializer", "msgpack"), ("num-sub-frames", 1), ("compression", new object?[] { "lz4" }),
            ("split-num-sub-frames", new object?[] { 1 }), ("split-offsets", new object?[] { 0 })));
        foreach (Random random in Fuzz.Rounds(20240403, Rounds))
        {
            byte[] body = Fuzz.Mutate(seeds[random.Next(seeds.Length)], random);
            Try(new DaskMessage([body, random.Next(2) == 0 ? header : Fuzz.Mutate(header, random), Fuzz.Mutate([16, 0, 0, 0, 0x10, 0x80], random)]));
        }
    }

    [Theory]
    [InlineData((byte)0x91)]
    [InlineData((byte)0x81)]
    public void Decode_DeepNesting_ThrowsProtocolException(byte opener)
    {
        byte[] bytes = new byte[1_000_000];
        Array.Fill(bytes, opener);
        DaskMessage message = new([bytes]);

        Action tree = () => MsgpackTree.Decode(message, FrameLimits.Default);
        Action identity = () => Msgpack.Decode(message, IdentityDecoder.Decode);
        Action error = () => RpcReply.ThrowIfError(message, "identity", "tcp://fake");

        tree.Should().Throw<DaskProtocolException>();
        identity.Should().Throw<DaskProtocolException>();
        error.Should().NotThrow("a nested value is no error of Python's");
    }

    [Fact]
    public void Decode_HugeHeaders_CostNoMemory()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (byte code in new byte[] { 0xdd, 0xdf, 0xc6, 0xdb, 0xc9 })
        {
            Try(new DaskMessage([new byte[] { code, 0x7f, 0xff, 0xff, 0xff, 0x01 }]));
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(1 << 20);
    }

    [Fact]
    public void Open_Lz4BombOrDamage_ThrowsProtocolException()
    {
        foreach (byte[] frame in new byte[][] { [0xff, 0xff, 0xff, 0x7f, 1, 2, 3], [0, 0], [8, 0, 0, 0, 0xf0], [0xff, 0xff, 0xff, 0xff, 0] })
        {
            Dictionary<string, object?> header = FakeMessages.Map(("serializer", "msgpack"), ("compression", new object?[] { "lz4" }));
            SerializedValue value = new(header, new ReadOnlyMemory<byte>[] { frame }, new DecodingBudget(1 << 30));

            value.Invoking(v => v.Open()).Should().Throw<DaskProtocolException>();
        }
    }

    [Fact]
    public void Open_OverlappingShards_ThrowsProtocolException()
    {
        Dictionary<string, object?> header = FakeMessages.Map(
            ("serializer", "msgpack"),
            ("split-num-sub-frames", Enumerable.Repeat((object?)1L, 100_000).ToArray()),
            ("split-offsets", Enumerable.Repeat((object?)0L, 100_000).ToArray()));
        SerializedValue value = new(header, new ReadOnlyMemory<byte>[] { new byte[1 << 20] }, new DecodingBudget(1 << 30));

        value.Invoking(v => v.Open()).Should().Throw<DaskProtocolException>();
    }

    private static void Try(DaskMessage message)
    {
        try
        {
            DecodeAll(message);
        }
        catch (DaskProtocolException)
        {
            // The documented one.
        }
    }

    private static void DecodeAll(DaskMessage message)
    {
        foreach (Action decode in new Action[]
        {
            () => RpcReply.ThrowIfError(message, "fuzz", "tcp://fake"),
            () => Msgpack.Decode(message, IdentityDecoder.Decode),
            () => OpenAll(MsgpackTree.Decode(message, FrameLimits.Default)),
        })
        {
            try
            {
                decode();
            }
            catch (Exception e) when (e is DaskProtocolException or DaskRpcException)
            {
                // These are the documented ones.
            }
        }
    }

    private static void OpenAll(object? value)
    {
        switch (value)
        {
            case SerializedValue serialized: serialized.Open(); break;
            case object?[] array: Array.ForEach(array, OpenAll); break;
            case Dictionary<string, object?> map: Array.ForEach([.. map.Values], OpenAll); break;
            default: break;
        }
    }
}
