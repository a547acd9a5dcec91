using System.Buffers.Binary;

namespace DaskK8s.Dask.Protocol;

/// <summary>Finds the end of a msgpack value without recursion and without decoding it.</summary>
/// <remarks>The package's own skip (2.5.307) treats an array that declares 2^31 or more items as empty, and continues inside it.</remarks>
internal static class MsgpackSkip
{
    /// <summary>Returns the offset just after the value that starts at <paramref name="offset"/>.</summary>
    /// <param name="data">The bytes.</param>
    /// <param name="offset">The offset at which the value starts.</param>
    /// <returns>The offset at which the next value starts.</returns>
    /// <exception cref="DaskProtocolException">The value is truncated or contains an invalid byte.</exception>
    public static int Skip(ReadOnlySpan<byte> data, int offset)
    {
        long remaining = 1;
        long position = offset;
        while (remaining > 0)
        {
            if (position >= data.Length)
            {
                throw Truncated(position);
            }

            remaining--;
            byte code = data[(int)position++];
            switch (code)
            {
                case <= 0x7f or >= 0xe0 or 0xc0 or 0xc2 or 0xc3:
                    break;
                case <= 0x8f:
                    remaining += 2L * (code & 0x0f);
                    break;
                case <= 0x9f:
                    remaining += code & 0x0f;
                    break;
                case <= 0xbf:
                    position += code & 0x1f;
                    break;
                case 0xc4 or 0xd9:
                    position += 1L + Length(data, position, 1);
                    break;
                case 0xc5 or 0xda:
                    position += 2L + Length(data, position, 2);
                    break;
                case 0xc6 or 0xdb:
                    position += 4L + Length(data, position, 4);
                    break;
                case 0xc7:
                    position += 2L + Length(data, position, 1);
                    break;
                case 0xc8:
                    position += 3L + Length(data, position, 2);
                    break;
                case 0xc9:
                    position += 5L + Length(data, position, 4);
                    break;
                case 0xcc or 0xd0:
                    position += 1;
                    break;
                case 0xcd or 0xd1 or 0xd4:
                    position += 2;
                    break;
                case 0xd5:
                    position += 3;
                    break;
                case 0xca or 0xce or 0xd2:
                    position += 4;
                    break;
                case 0xd6:
                    position += 5;
                    break;
                case 0xcb or 0xcf or 0xd3:
                    position += 8;
                    break;
                case 0xd7:
                    position += 9;
                    break;
                case 0xd8:
                    position += 17;
                    break;
                case 0xdc:
                    remaining += Length(data, position, 2);
                    position += 2;
                    break;
                case 0xdd:
                    remaining += Length(data, position, 4);
                    position += 4;
                    break;
                case 0xde:
                    remaining += 2L * Length(data, position, 2);
                    position += 2;
                    break;
                case 0xdf:
                    remaining += 2L * Length(data, position, 4);
                    position += 4;
                    break;
                default:
                    throw new DaskProtocolException($"Byte 0x{code:x2} at offset {position - 1} of a message does not start a msgpack value.");
            }
        }

        return position <= data.Length ? (int)position : throw Truncated(position);
    }

    private static uint Length(ReadOnlySpan<byte> data, long position, int size)
    {
        if (position + size > data.Length)
        {
            throw Truncated(position);
        }

        ReadOnlySpan<byte> bytes = data.Slice((int)position, size);
        return size switch
        {
            1 => bytes[0],
            2 => BinaryPrimitives.ReadUInt16BigEndian(bytes),
            _ => BinaryPrimitives.ReadUInt32BigEndian(bytes),
        };
    }

    private static DaskProtocolException Truncated(long position) =>
        new($"A message ends within a msgpack value (offset {position}).");
}
