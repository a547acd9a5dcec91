using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace DaskK8s.Helm.Records;

/// <summary>Decodes base64 while it is read, a few kilobytes at a time.</summary>
internal sealed class Base64ReadStream : Stream
{
    private const int ChunkSize = 12 * 1024;

    private readonly byte[] _encoded = new byte[ChunkSize];
    private readonly byte[] _decoded = new byte[ChunkSize];
    private readonly bool _isText;
    private ReadOnlyMemory<byte> _bytes;
    private ReadOnlyMemory<char> _text;
    private int _encodedCount;
    private int _start;
    private int _end;

    /// <summary>Reads base64 from bytes, as the client library gives those of a Secret.</summary>
    public Base64ReadStream(ReadOnlyMemory<byte> bytes) => _bytes = bytes[..bytes.Span.TrimEnd(Breaks).Length];

    /// <summary>Reads base64 from text, as a ConfigMap has it.</summary>
    public Base64ReadStream(ReadOnlyMemory<char> text)
    {
        _text = text.TrimEnd();
        _isText = true;
    }

    /// <summary>Gets the last four bytes that were decoded, as a number: gzip ends with the inflated size.</summary>
    public uint Tail { get; private set; }

    /// <summary>Gets a value indicating whether somebody asked for more bytes than there are.</summary>
    public bool IsExhausted { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    private static ReadOnlySpan<byte> Breaks => " \r\n\t"u8;

    private int Remaining => _isText ? _text.Length : _bytes.Length;

    /// <summary>Looks at the first bytes without taking them.</summary>
    /// <returns>Up to as many bytes as one chunk holds; at least three where there are three.</returns>
    public ReadOnlySpan<byte> Peek()
    {
        if (_start == _end)
        {
            Fill();
        }

        return _decoded.AsSpan(_start, _end - _start);
    }

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        if (_start == _end && !Fill())
        {
            IsExhausted = true;
            return 0;
        }

        int count = Math.Min(buffer.Length, _end - _start);
        _decoded.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private bool Fill()
    {
        _start = _end = 0;
        while (_end == 0 && (Remaining > 0 || _encodedCount > 0))
        {
            Take();
            if (_encodedCount == 0)
            {
                continue;
            }

            bool isLast = Remaining == 0;
            Span<byte> source = _encoded.AsSpan(0, _encodedCount);
            OperationStatus status = Base64.DecodeFromUtf8(source, _decoded, out int consumed, out _end, isLast);
            if (status == OperationStatus.InvalidData || (consumed == 0 && isLast))
            {
                bool isIncomplete = isLast && Base64.DecodeFromUtf8(source, _decoded, out _, out _, isFinalBlock: false) == OperationStatus.NeedMoreData;
                throw isIncomplete ? new EndOfStreamException() : new FormatException();
            }

            foreach (byte last in _decoded.AsSpan(Math.Max(0, _end - sizeof(uint)), Math.Min(_end, sizeof(uint))))
            {
                Tail = (Tail >> 8) | ((uint)last << 24);
            }

            _encoded.AsSpan(consumed, _encodedCount - consumed).CopyTo(_encoded);
            _encodedCount -= consumed;
        }

        return _end > 0;
    }

    private void Take()
    {
        Span<byte> target = _encoded.AsSpan(_encodedCount);
        int count = Math.Min(target.Length, Remaining);
        if (_isText)
        {
            if (Ascii.FromUtf16(_text.Span[..count], target, out _) != OperationStatus.Done)
            {
                throw new FormatException();
            }

            _text = _text[count..];
        }
        else
        {
            _bytes.Span[..count].CopyTo(target);
            _bytes = _bytes[count..];
        }

        target = target[..count];
        if (target.IndexOfAny(Breaks) >= 0)
        {
            count = RemoveBreaks(target);
        }

        _encodedCount += count;
    }

    private static int RemoveBreaks(Span<byte> text)
    {
        int kept = 0;
        foreach (byte c in text)
        {
            if (!Breaks.Contains(c))
            {
                text[kept++] = c;
            }
        }

        return kept;
    }
}
