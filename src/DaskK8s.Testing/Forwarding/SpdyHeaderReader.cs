using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace DaskK8s.Testing.Forwarding;

/// <summary>Inflates the header blocks of one SPDY session, which share one compression context.</summary>
internal sealed class SpdyHeaderReader : IDisposable
{
    private const int Limit = 64 * 1024;

    private readonly FeedStream _feed = new();
    private readonly DeflateStream _inflater;
    private bool _begun;

    public SpdyHeaderReader() => _inflater = new DeflateStream(_feed, CompressionMode.Decompress);

    public Dictionary<string, string> Read(ReadOnlySpan<byte> block)
    {
        if (!_begun)
        {
            _begun = true;
            block = Begin(block);
        }

        _feed.Add(block);
        Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
        int count = Number();
        for (int i = 0; i < count; i++)
        {
            string name = Text();
            headers[name] = Text();
        }

        return headers;
    }

    public void Dispose()
    {
        _inflater.Dispose();
        _feed.Dispose();
    }

    /// <summary>
    /// Reads the zlib header. A preset dictionary precedes the data, so it is fed to the inflater as a stored block whose output is discarded.
    /// </summary>
    private ReadOnlySpan<byte> Begin(ReadOnlySpan<byte> block)
    {
        if (block.Length < 2 || (block[0] & 0x0F) != 8 || ((block[0] << 8) | block[1]) % 31 != 0)
        {
            throw new InvalidDataException("The first header block does not begin with a zlib header.");
        }

        if ((block[1] & 0x20) == 0)
        {
            return block[2..];
        }

        if (block.Length < 6 || BinaryPrimitives.ReadUInt32BigEndian(block[2..]) != SpdyDictionary.Id)
        {
            throw new InvalidDataException("The header blocks are compressed with another dictionary than SPDY's.");
        }

        byte[] dictionary = SpdyDictionary.Bytes;
        byte[] stored = new byte[5 + dictionary.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(stored.AsSpan(1), (ushort)dictionary.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(stored.AsSpan(3), (ushort)~dictionary.Length);
        dictionary.CopyTo(stored.AsSpan(5));
        _feed.Add(stored);
        _inflater.ReadExactly(new byte[dictionary.Length]);
        return block[6..];
    }

    private int Number()
    {
        Span<byte> number = stackalloc byte[4];
        _inflater.ReadExactly(number);
        int value = BinaryPrimitives.ReadInt32BigEndian(number);
        return value is >= 0 and <= Limit ? value : throw new InvalidDataException("A header block is too large.");
    }

    private string Text()
    {
        byte[] text = new byte[Number()];
        _inflater.ReadExactly(text);
        return Encoding.UTF8.GetString(text);
    }

    /// <summary>A stream that reports its end when its data runs out, and continues when more is added.</summary>
    private sealed class FeedStream : Stream
    {
        private byte[] _data = [];
        private int _position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public void Add(ReadOnlySpan<byte> data)
        {
            _data = [.. _data.AsSpan(_position), .. data];
            _position = 0;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            int count = Math.Min(buffer.Length, _data.Length - _position);
            _data.AsSpan(_position, count).CopyTo(buffer);
            _position += count;
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
