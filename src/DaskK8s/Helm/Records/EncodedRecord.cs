using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;

namespace DaskK8s.Helm.Records;

/// <summary>The content of a record's <c>release</c> field, without its base64 encoding.</summary>
internal sealed class EncodedRecord : MemoryStream
{
    private readonly byte[] _decoded;

    private EncodedRecord(byte[] decoded, int length)
        : base(decoded, 0, length) => _decoded = decoded;

    /// <summary>Gets the content.</summary>
    public ReadOnlySpan<byte> Content => _decoded.AsSpan(0, (int)Length);

    /// <summary>Gets the last four bytes as a number, because gzip ends with the uncompressed size.</summary>
    public uint Tail => Length < sizeof(uint) ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(Content[^sizeof(uint)..]);

    /// <summary>Gets a value indicating whether a reader requested more bytes than there are.</summary>
    public bool IsExhausted { get; private set; }

    /// <summary>Decodes a ConfigMap's string.</summary>
    /// <exception cref="FormatException">The string is not base64.</exception>
    /// <exception cref="EndOfStreamException">The string ends too early.</exception>
    public static EncodedRecord Decode(string text)
    {
        byte[] ascii = new byte[text.Length];
        return Ascii.FromUtf16(text, ascii, out _) == OperationStatus.Done ? Decode(ascii) : throw new FormatException();
    }

    /// <summary>Decodes a Secret's bytes.</summary>
    /// <exception cref="FormatException">The bytes are not base64.</exception>
    /// <exception cref="EndOfStreamException">The bytes end too early.</exception>
    public static EncodedRecord Decode(ReadOnlySpan<byte> text)
    {
        byte[] decoded = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        if (Base64.DecodeFromUtf8(text, decoded, out _, out int length) == OperationStatus.Done)
        {
            return new EncodedRecord(decoded, length);
        }

        throw Base64.DecodeFromUtf8(text, decoded, out _, out _, isFinalBlock: false) == OperationStatus.NeedMoreData ? new EndOfStreamException() : new FormatException();
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        int read = base.Read(buffer, offset, count);
        IsExhausted |= read == 0 && count > 0;
        return read;
    }
}
