using System.Text.Json;

namespace DaskK8s.Helm.Records;

/// <summary>Reads JSON tokens from a stream through one buffer that grows only when a single token does not fit.</summary>
/// <remarks>A skipped subtree is never held in memory as a whole, and a stream longer than the limit is read only up to the limit.</remarks>
internal ref struct JsonTokenReader
{
    private const int InitialBufferSize = 64 * 1024;

    private readonly Stream _stream;
    private readonly long _maxBytes;
    private byte[] _buffer = new byte[InitialBufferSize];
    private int _count;
    private bool _isFinal;
    private long _read;
    private JsonReaderState _stateBefore;

    public JsonTokenReader(Stream stream, long maxBytes, int maxDepth)
    {
        _stream = stream;
        _maxBytes = maxBytes;
        Token = new Utf8JsonReader([], isFinalBlock: false, new JsonReaderState(new JsonReaderOptions { MaxDepth = maxDepth }));
        MaxDepth = maxDepth;
    }

    /// <summary>The token that was read last.</summary>
    public Utf8JsonReader Token;

    /// <summary>Gets the maximum nesting depth that is read.</summary>
    public int MaxDepth { get; }

    /// <summary>Gets the number of bytes read from the stream: all of them once the end of the document has been read.</summary>
    public readonly long BytesRead => _read;

    /// <summary>Gets the number of bytes of the stream that were consumed as tokens.</summary>
    public readonly long Position => _read - _count + Token.BytesConsumed;

    /// <summary>Reads the next token.</summary>
    /// <returns>False at the end of the document.</returns>
    /// <exception cref="EndOfStreamException">The document is truncated.</exception>
    /// <exception cref="JsonException">The document is not JSON.</exception>
    /// <exception cref="InflatedSizeException">The document is longer than the limit.</exception>
    public bool Read()
    {
        while (true)
        {
            try
            {
                if (Token.Read())
                {
                    return true;
                }
            }
            catch (JsonException) when (_isFinal && IsCutShort())
            {
                throw new EndOfStreamException();
            }

            if (_isFinal)
            {
                return false;
            }

            Refill();
        }
    }

    /// <summary>Skips the value that begins with the current token.</summary>
    public void Skip()
    {
        if (Token.TokenType == JsonTokenType.PropertyName)
        {
            Read();
        }

        if (Token.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
        {
            return;
        }

        int depth = Token.CurrentDepth;
        while (Read() && Token.CurrentDepth > depth)
        {
        }
    }

    private readonly bool IsCutShort()
    {
        // The same bytes, asked as if more could follow: JSON that is wrong stays wrong, JSON that is cut asks for more.
        Utf8JsonReader again = new(_buffer.AsSpan(0, _count), isFinalBlock: false, _stateBefore);
        try
        {
            while (again.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private void Refill()
    {
        int consumed = (int)Token.BytesConsumed;
        int rest = _count - consumed;
        if (rest == _buffer.Length)
        {
            // One byte over the limit is enough to know that it is passed.
            int size = (int)Math.Min(Math.Min(_buffer.Length * 2L, _maxBytes + 1), Array.MaxLength);
            byte[] larger = GC.AllocateUninitializedArray<byte>(Math.Max(size, rest + 1));
            _buffer.AsSpan(0, rest).CopyTo(larger);
            _buffer = larger;
        }
        else if (consumed > 0)
        {
            _buffer.AsSpan(consumed, rest).CopyTo(_buffer);
        }

        int read = _stream.ReadAtLeast(_buffer.AsSpan(rest), _buffer.Length - rest, throwOnEndOfStream: false);
        _count = rest + read;
        _read += read;
        if (_read > _maxBytes)
        {
            throw new InflatedSizeException();
        }

        _isFinal = _count < _buffer.Length;
        _stateBefore = Token.CurrentState;
        Token = new Utf8JsonReader(_buffer.AsSpan(0, _count), _isFinal, _stateBefore);
    }
}
