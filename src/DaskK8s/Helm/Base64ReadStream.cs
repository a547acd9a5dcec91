using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace DaskK8s.Helm;

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
    public Base64ReadStream(ReadOnlyMemory<byte> bytes) => _bytes = bytes[..bytes.Span.TrimEnd(" \r\n\t"u8).Length];

    /// <summary>Reads base64 from text, as a ConfigMap has it.</summary>
    public Base64ReadStream(ReadOnlyMemory<char> text)
    {
        _text = text.TrimEnd();
        _isText = true;
    }

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

        var count = Math.Min(buffer.Length, _end - _start);
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
            var isLast = Remaining == 0;
            var source = _encoded.AsSpan(0, _encodedCount);
            var status = Base64.DecodeFromUtf8(source, _decoded, out var consumed, out _end, isLast);
            if (status == OperationStatus.InvalidData || consumed == 0)
            {
                var isIncomplete = isLast && Base64.DecodeFromUtf8(source, _decoded, out _, out _, isFinalBlock: false) == OperationStatus.NeedMoreData;
                throw isIncomplete ? new EndOfStreamException() : new FormatException();
            }

            _encoded.AsSpan(consumed, _encodedCount - consumed).CopyTo(_encoded);
            _encodedCount -= consumed;
        }

        return _end > 0;
    }

    private void Take()
    {
        var target = _encoded.AsSpan(_encodedCount);
        var count = Math.Min(target.Length, Remaining);
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

        _encodedCount += count;
    }
}
