using System.Buffers.Binary;

namespace DaskK8s.PortForwarding.Spdy;

/// <summary>
/// Decodes a stream of bytes into SPDY/3.1 events, regardless of how it is split, buffering at most sixteen bytes. Header blocks are
/// skipped, because port-forward does not use them.
/// </summary>
/// <remarks>Source: SPDY Protocol draft 3.1, section 2.2, and frames of Kubernetes 1.20.2 and 1.36.2.</remarks>
internal sealed class SpdyDecoder
{
    private const int HeaderSize = 8;
    private const int Version = 3;
    private const int FlagFin = 1;

    private readonly byte[] _held = new byte[HeaderSize * 2];
    private int _heldCount;
    private int _wanted = HeaderSize;
    private int _remaining;
    private int _streamId;
    private bool _inData;
    private bool _fin;

    /// <summary>Reads the next event from the start of the input.</summary>
    /// <param name="input">The available bytes; those that were used are removed.</param>
    /// <param name="found">The event; its data is a slice of the input.</param>
    /// <returns>False when the input is used up.</returns>
    /// <exception cref="SpdyProtocolException">The bytes are not SPDY/3.1.</exception>
    public bool TryRead(ref ReadOnlySpan<byte> input, out SpdyEvent found)
    {
        while (true)
        {
            if (_inData)
            {
                return TryReadData(ref input, out found);
            }

            if (_wanted == 0)
            {
                int skipped = Math.Min(_remaining, input.Length);
                input = input[skipped..];
                _remaining -= skipped;
                if (_remaining > 0)
                {
                    found = default;
                    return false;
                }

                _wanted = HeaderSize;
            }

            int count = Math.Min(_wanted - _heldCount, input.Length);
            input[..count].CopyTo(_held.AsSpan(_heldCount));
            _heldCount += count;
            input = input[count..];
            if (_heldCount < _wanted)
            {
                found = default;
                return false;
            }

            if (_heldCount == HeaderSize && _wanted == HeaderSize && ReadHeader())
            {
                continue;
            }

            found = ReadControl();
            return true;
        }
    }

    /// <summary>Parses the first eight bytes of a frame.</summary>
    /// <returns>True if more bytes are needed before an event is known.</returns>
    private bool ReadHeader()
    {
        _remaining = (int)(BinaryPrimitives.ReadUInt32BigEndian(_held.AsSpan(4)) & 0x00FF_FFFF);
        _fin = (_held[4] & FlagFin) != 0;
        if ((_held[0] & 0x80) == 0)
        {
            _streamId = BinaryPrimitives.ReadInt32BigEndian(_held);
            if (_streamId == 0)
            {
                throw new SpdyProtocolException("The peer sent data for stream 0, which is not valid SPDY.");
            }

            _inData = true;
            _heldCount = 0;
            return true;
        }

        int version = BinaryPrimitives.ReadUInt16BigEndian(_held) & 0x7FFF;
        if (version != Version)
        {
            throw new SpdyProtocolException($"The peer speaks SPDY version {version}, not {Version}.");
        }

        int needed = Needed(Type);
        if (_remaining < needed)
        {
            throw new SpdyProtocolException($"The peer sent a frame of type {Type} with {_remaining} bytes; it needs {needed}.");
        }

        _wanted = HeaderSize + needed;
        _remaining -= needed;
        return needed > 0;
    }

    private SpdyFrameType Type => (SpdyFrameType)BinaryPrimitives.ReadUInt16BigEndian(_held.AsSpan(2));

    /// <summary>Returns the number of bytes of a control frame's payload that are needed.</summary>
    private static int Needed(SpdyFrameType type) => type switch
    {
        SpdyFrameType.SynStream or SpdyFrameType.SynReply or SpdyFrameType.Headers or SpdyFrameType.Ping => 4,
        SpdyFrameType.RstStream or SpdyFrameType.GoAway or SpdyFrameType.WindowUpdate => 8,
        _ => 0,
    };

    private SpdyEvent ReadControl()
    {
        int payload = _wanted - HeaderSize;
        SpdyEvent found = new()
        {
            Type = Type,
            Fin = _fin,
            StreamId = payload >= 4 ? Id(BinaryPrimitives.ReadInt32BigEndian(_held.AsSpan(HeaderSize))) : 0,
            Status = payload >= 8 ? BinaryPrimitives.ReadInt32BigEndian(_held.AsSpan(HeaderSize + 4)) : 0,
        };
        _heldCount = 0;
        _wanted = 0;
        return found;
    }

    /// <summary>Clears the reserved bit of a stream ID; a ping's ID has no such bit.</summary>
    private int Id(int value) => Type == SpdyFrameType.Ping ? value : value & 0x7FFF_FFFF;

    private bool TryReadData(ref ReadOnlySpan<byte> input, out SpdyEvent found)
    {
        if (input.IsEmpty && _remaining > 0)
        {
            found = default;
            return false;
        }

        int count = Math.Min(_remaining, input.Length);
        _remaining -= count;
        _inData = _remaining > 0;
        found = new SpdyEvent { Type = SpdyFrameType.Data, StreamId = _streamId, Data = input[..count], Fin = _fin && !_inData };
        input = input[count..];
        return true;
    }
}
