using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

using DaskK8s.PortForwarding.Spdy;

namespace DaskK8s.Tests.PortForwarding.Spdy;

public sealed class SpdyCodecTests
{
    [Fact]
    public void WritePing_Id_IsTheFrameOfTheDraft()
    {
        byte[] frame = new byte[SpdyEncoder.ShortFrameSize];

        int count = SpdyEncoder.WritePing(frame, 7);

        Convert.ToHexString(frame.AsSpan(0, count)).Should().Be("80030006" + "00000004" + "00000007");
    }

    [Fact]
    public void WriteReset_Status_IsTheFrameOfTheDraft()
    {
        byte[] frame = new byte[SpdyEncoder.ShortFrameSize];

        int count = SpdyEncoder.WriteReset(frame, 5, 3);

        Convert.ToHexString(frame.AsSpan(0, count)).Should().Be("80030003" + "00000008" + "00000005" + "00000003");
    }

    [Fact]
    public void WriteDataHeader_Fin_SetsTheFlag()
    {
        byte[] frame = new byte[SpdyEncoder.HeaderSize];

        SpdyEncoder.WriteDataHeader(frame, 3, 0x012345, fin: true);

        Convert.ToHexString(frame).Should().Be("00000003" + "01012345");
    }

    [Fact]
    public void WriteSynStream_ManyFrames_AreOneZlibStreamThatInflatesFrameByFrame()
    {
        using MemoryStream compressed = new();
        List<int> ends = [];
        for (int i = 0; i < 50; i++)
        {
            (string, string)[] headers = [("streamtype", "data"), ("port", "8786"), ("requestid", $"{i}")];
            byte[] frame = new byte[256];
            int count = SpdyEncoder.WriteSynStream(frame, (2 * i) + 1, fin: i % 2 == 0, first: i == 0, headers);
            BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(4)).Should().Be((count - 8) | (i % 2 == 0 ? 0x01000000 : 0));
            BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(8)).Should().Be((2 * i) + 1);
            compressed.Write(frame, 18, count - 18);
            ends.Add((int)compressed.Length);
        }

        compressed.Position = 0;
        using ZLibStream inflater = new(compressed, CompressionMode.Decompress);
        for (int i = 0; i < 50; i++)
        {
            ReadNumber(inflater).Should().Be(3);
            List<string> texts = [.. Enumerable.Range(0, 6).Select(_ => ReadText(inflater))];
            texts.Should().Equal("streamtype", "data", "port", "8786", "requestid", $"{i}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void TryRead_AnyPieces_GivesTheSameEvents(int seed)
    {
        Random random = new(seed);
        (byte[] bytes, List<string> expected) = RandomFrames(random, 300);

        for (int round = 0; round < 20; round++)
        {
            List<string> found = [];
            SpdyDecoder decoder = new();
            StringBuilder data = new();
            for (int offset = 0; offset < bytes.Length;)
            {
                int piece = Math.Min(bytes.Length - offset, round == 0 ? 1 : random.Next(1, 200));
                Feed(decoder, bytes.AsSpan(offset, piece), found, data);
                offset += piece;
            }

            found.Should().Equal(expected);
        }
    }

    [Fact]
    public void TryRead_RandomBytes_ThrowsNothingElseThanProtocolErrors()
    {
        Random random = new(42);
        byte[] bytes = new byte[4096];
        for (int round = 0; round < 5000; round++)
        {
            random.NextBytes(bytes);
            if (round % 2 == 0)
            {
                // Otherwise nearly every round ends at the version.
                BinaryPrimitives.WriteUInt16BigEndian(bytes, 0x8003);
                bytes[2] = 0;
                bytes[3] = (byte)random.Next(16);
                bytes[5] = bytes[6] = 0;
            }

            SpdyDecoder decoder = new();
            Action feed = () => Feed(decoder, bytes, [], new StringBuilder());
            try
            {
                feed();
            }
            catch (SpdyProtocolException)
            {
            }
        }
    }

    [Theory]
    [InlineData("80020006" + "00000004" + "00000001", "*version 2*")]
    [InlineData("80030006" + "00000003" + "00000001", "*needs 4*")]
    [InlineData("80030003" + "00000004" + "00000001", "*needs 8*")]
    [InlineData("00000000" + "00000004" + "00000001", "*stream 0*")]
    public void TryRead_NoSpdy_Throws(string hex, string message)
    {
        Action feed = () => Feed(new SpdyDecoder(), Convert.FromHexString(hex), [], new StringBuilder());

        feed.Should().Throw<SpdyProtocolException>().WithMessage(message);
    }

    private static void Feed(SpdyDecoder decoder, ReadOnlySpan<byte> input, List<string> found, StringBuilder data)
    {
        while (decoder.TryRead(ref input, out SpdyEvent next))
        {
            if (next.Type == SpdyFrameType.Data)
            {
                data.Append(Convert.ToHexString(next.Data));
                if (next.Fin || found.Count > 100_000)
                {
                    found.Add($"fin {next.StreamId}");
                }

                // Pieces of one frame are put together by what follows; frames are told apart by a control frame after each.
                continue;
            }

            if (data.Length > 0)
            {
                found.Add($"data {data}");
                data.Clear();
            }

            found.Add($"{next.Type} {next.StreamId} {next.Status} {next.Fin}");
        }
    }

    private static (byte[] Bytes, List<string> Events) RandomFrames(Random random, int count)
    {
        using MemoryStream bytes = new();
        List<string> events = [];
        byte[] room = new byte[1024];
        for (int i = 0; i < count; i++)
        {
            int id = random.Next(1, int.MaxValue);
            byte[] payload = new byte[random.Next(0, 400)];
            random.NextBytes(payload);
            bool fin = random.Next(3) == 0;
            SpdyEncoder.WriteDataHeader(room, id, payload.Length, fin);
            bytes.Write(room, 0, 8);
            bytes.Write(payload);
            if (fin)
            {
                events.Add($"fin {id}");
            }

            if (payload.Length > 0)
            {
                events.Add($"data {Convert.ToHexString(payload)}");
            }

            switch (random.Next(5))
            {
                case 0:
                    bytes.Write(room, 0, SpdyEncoder.WritePing(room, id));
                    events.Add($"Ping {id} 0 False");
                    break;
                case 1:
                    bytes.Write(room, 0, SpdyEncoder.WriteReset(room, id, 5));
                    events.Add($"RstStream {id} 5 False");
                    break;
                case 2:
                    bytes.Write(room, 0, SpdyEncoder.WriteGoAway(room, id));
                    events.Add($"GoAway {id} 0 False");
                    break;
                case 3:
                    bytes.Write(room, 0, SpdyEncoder.WriteSynStream(room, id, fin: true, first: false, [("a", "b")]));
                    events.Add($"SynStream {id} 0 True");
                    break;
                default:
                    // A frame that SPDY/3.1 does not define, with a payload to skip.
                    bytes.Write([0x80, 0x03, 0x00, 0x0B, 0x00, 0x00, 0x00, 0x03, 1, 2, 3]);
                    events.Add("11 0 0 False");
                    break;
            }
        }

        return (bytes.ToArray(), events);
    }

    private static int ReadNumber(Stream stream)
    {
        byte[] bytes = new byte[4];
        stream.ReadExactly(bytes);
        return BinaryPrimitives.ReadInt32BigEndian(bytes);
    }

    private static string ReadText(Stream stream)
    {
        byte[] bytes = new byte[ReadNumber(stream)];
        stream.ReadExactly(bytes);
        return Encoding.ASCII.GetString(bytes);
    }
}
