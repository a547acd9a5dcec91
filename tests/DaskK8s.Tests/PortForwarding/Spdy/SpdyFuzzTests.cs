using System.Buffers.Binary;

using DaskK8s.PortForwarding.Spdy;
using DaskK8s.Tests.Rigs;

namespace DaskK8s.Tests.PortForwarding.Spdy;

/// <summary>Bytes of any kind, in pieces of any size, become events or the one documented error.</summary>
public sealed class SpdyFuzzTests
{
    [Fact]
    public void TryRead_ManyMutationsOfFrames_ThrowNothingButTheProtocolError()
    {
        byte[] seed = Frames();
        int errors = 0;
        int events = 0;
        foreach (Random random in Fuzz.Rounds(20, 50_000))
        {
            byte[] bytes = [.. seed];
            for (int n = random.Next(1, 8); n > 0; n--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            SpdyDecoder decoder = new();
            try
            {
                for (int at = 0; at < bytes.Length;)
                {
                    int count = Math.Min(random.Next(1, 40), bytes.Length - at);
                    ReadOnlySpan<byte> piece = bytes.AsSpan(at, count);
                    while (decoder.TryRead(ref piece, out _))
                    {
                        events++;
                    }

                    piece.IsEmpty.Should().BeTrue("false is returned when the input is used up");
                    at += count;
                }
            }
            catch (SpdyProtocolException)
            {
                errors++;
            }
        }

        events.Should().BePositive();
        errors.Should().BePositive();
    }

    /// <summary>Writes one frame of each kind that servers send.</summary>
    private static byte[] Frames()
    {
        List<byte> all = [];
        void Control(int type, byte flags, params int[] words)
        {
            byte[] frame = new byte[8 + (4 * words.Length)];
            BinaryPrimitives.WriteUInt16BigEndian(frame, 0x8003);
            frame[3] = (byte)type;
            BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), 4 * words.Length);
            frame[4] = flags;
            for (int i = 0; i < words.Length; i++)
            {
                BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(8 + (4 * i)), words[i]);
            }

            all.AddRange(frame);
        }

        Control(2, 0, 1, 0x12345678);
        Control(4, 0, 1, 0x00000004);
        all.AddRange([0, 0, 0, 3, 0, 0, 0, 5, 1, 2, 3, 4, 5]);
        Control(6, 0, 2);
        Control(3, 0, 3, 5);
        all.AddRange([0, 0, 0, 5, 1, 0, 0, 0]);
        Control(9, 0, 5, 65536);
        Control(8, 1, 5, 1);
        Control(7, 0, 5, 0);
        return [.. all];
    }
}
