using DaskK8s.Dask.Protocol;
using DaskK8s.Helm.Values;
using DaskK8s.Tests.Rigs.Dask;

using K4os.Compression.LZ4;

namespace DaskK8s.Tests.Dask.Protocol;

public sealed class SerializedValueTests
{
    [Fact]
    public void Decode_SetEnumAndTupleKeys_GivesPlainValues()
    {
        byte[] body = FakeMessages.Pack(FakeMessages.Map(
            ("set", FakeMessages.Map(("__Set__", true), ("as-list", new object?[] { 1, 2 }))),
            ("enum", FakeMessages.Map(("__Enum__", true), ("name", "running"), ("__module__", "distributed.core"), ("__name__", "Status"))),
            ("pickle", FakeMessages.Map(("__Pickled__", 1)))));

        Dictionary<string, object?> map = (Dictionary<string, object?>)MsgpackTree.Decode(new DaskMessage([body]), FrameLimits.Default)!;

        map["set"].Should().BeEquivalentTo(new object[] { 1L, 2L });
        map["enum"].Should().Be("running");
        map["pickle"].Should().BeSameAs(PickledValue.Instance);
    }

    [Fact]
    public void Open_Lz4Frame_IsDecompressed()
    {
        byte[] plain = FakeMessages.Pack(new string('x', 20_000));
        byte[] block = new byte[LZ4Codec.MaximumOutputSize(plain.Length)];
        byte[] frame = [.. BitConverter.GetBytes(plain.Length), .. block[..LZ4Codec.Encode(plain, block)]];

        object? value = Open([("serializer", "msgpack"), ("compression", new object?[] { "lz4" })], frame);

        value.Should().Be(new string('x', 20_000));
        frame.Length.Should().BeLessThan(1000);
    }

    [Fact]
    public void Open_Shards_AreJoined()
    {
        byte[] plain = FakeMessages.Pack("shards of a value");

        object? value = Open(
            [("serializer", "msgpack"), ("split-num-sub-frames", new object?[] { 3 }), ("split-offsets", new object?[] { 0 })],
            plain[..4], plain[4..9], plain[9..]);

        value.Should().Be("shards of a value");
    }

    [Fact]
    public void Open_Collection_IsPutTogether()
    {
        Dictionary<string, object?> inner = FakeMessages.Map(("serializer", "msgpack"));

        object? value = Open(
            [
                ("is-collection", true), ("type-serialized", "list"), ("sub-headers", new object?[] { inner, inner }),
                ("frame-lengths", new object?[] { 1L, 1L }),
            ],
            FakeMessages.Pack(1), FakeMessages.Pack("two"));

        value.Should().BeEquivalentTo(new object[] { 1L, "two" });
    }

    [Theory]
    [InlineData("pickle", "*only Python can open*")]
    [InlineData("error", "*could not write its answer*TypeError*")]
    public void Open_WhatOnlyPythonReads_ThrowsNamingIt(string serializer, string message)
    {
        Action open = () => Open([("serializer", serializer)], "TypeError: a lock"u8.ToArray());

        open.Should().Throw<DaskProtocolException>().WithMessage(message);
    }

    [Fact]
    public void Open_UnknownCompression_ThrowsNamingIt()
    {
        Action open = () => Open([("serializer", "msgpack"), ("compression", new object?[] { "snappy" })], [0xc0]);

        open.Should().Throw<DaskProtocolException>().WithMessage("*snappy*");
    }

    private static object? Open((string Key, object? Value)[] header, params byte[][] frames)
    {
        byte[] packed = FakeMessages.Pack(FakeMessages.Map([.. header, ("num-sub-frames", (object?)frames.Length)]));
        ReadOnlyMemory<byte>[] all = [.. new[] { new byte[] { 0xc0 }, packed }.Concat(frames).Select(f => new ReadOnlyMemory<byte>(f))];
        return SerializedValue.At(new DaskMessage(all), 1).Open();
    }
}
