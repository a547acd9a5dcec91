using System.Buffers;
using System.Net.Sockets;

namespace DaskK8s.Sockets;

/// <summary>
/// The TCP connection under an upgraded one. It reads all available data from the socket and returns it in the pieces that TLS
/// requests: .NET's TLS reads one record at a time, and checks for data before each, which takes two system calls per 16 KiB.
/// </summary>
/// <remarks>
/// Code that awaits on the thread of the <see cref="SocketLoop"/> continues there, all other code on the thread pool: the tunnel reads
/// through TLS and HTTP layers that are aware of neither. An empty stream holds no buffer.
/// </remarks>
internal sealed class WireStream : AsyncDuplexStream
{
    private const int BufferSize = 128 * 1024;

    private readonly Socket _socket;
    private readonly SocketWait _readable;
    private readonly SocketWait _writable;
    private byte[]? _buffer;
    private int _start;
    private int _end;
    private bool _mayHaveMore;

    /// <summary>Wraps a connected socket.</summary>
    /// <param name="socket">The socket; the stream owns it and makes it non-blocking.</param>
    public WireStream(Socket socket)
    {
        _socket = socket;
        _socket.Blocking = false;
        _readable = new SocketWait(socket, forWriting: false);
        _writable = new SocketWait(socket, forWriting: true);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _start < _end || TryFill(isNothingWanted: buffer.IsEmpty) ? new(Take(buffer.Span)) : WaitAndReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        buffer = buffer[Send(buffer.Span)..];
        return buffer.IsEmpty ? ValueTask.CompletedTask : WaitAndWriteAsync(buffer, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _ = SocketLoop.CloseAsync(_socket);
        }

        base.Dispose(disposing);
    }

    private static IOException Failed(SocketError error)
    {
        SocketException cause = new((int)error);
        return new IOException(cause.Message, cause);
    }

    private async ValueTask<int> WaitAndReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        // Whoever gives up a read of a connection half-way gives up the connection.
        using CancellationTokenRegistration giveUp = cancellationToken.UnsafeRegister(static stream => ((WireStream)stream!).Dispose(), this);
        bool inline = SocketLoop.IsCurrent;
        do
        {
            await _readable.WaitAsync(inline).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            _mayHaveMore = true;
        }
        while (!TryFill(isNothingWanted: buffer.IsEmpty));

        return Take(buffer.Span);
    }

    private async ValueTask WaitAndWriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration giveUp = cancellationToken.UnsafeRegister(static stream => ((WireStream)stream!).Dispose(), this);
        bool inline = SocketLoop.IsCurrent;
        while (!buffer.IsEmpty)
        {
            await _writable.WaitAsync(inline).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            buffer = buffer[Send(buffer.Span)..];
        }
    }

    /// <summary>Reads available data from the socket; false if there is none yet.</summary>
    private bool TryFill(bool isNothingWanted)
    {
        if (isNothingWanted || !_mayHaveMore)
        {
            return _mayHaveMore;
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        int count = 0;
        try
        {
            count = _socket.Receive(buffer.AsSpan(0, BufferSize), SocketFlags.None, out SocketError error);

            // Asked again before the next time even when there is more: others wait on the loop's thread, too.
            _mayHaveMore = count == 0 && error == SocketError.Success;
            return error switch
            {
                SocketError.Success => true,
                SocketError.WouldBlock => false,
                _ => throw Failed(error),
            };
        }
        finally
        {
            if (count > 0)
            {
                (_buffer, _start, _end) = (buffer, 0, count);
            }
            else
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    /// <summary>Returns buffered data; the buffer is released with its last byte.</summary>
    private int Take(Span<byte> destination)
    {
        int count = Math.Min(destination.Length, _end - _start);
        _buffer.AsSpan(_start, count).CopyTo(destination);
        _start += count;
        if (_start == _end && _buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = null;
            _start = _end = 0;
        }

        return count;
    }

    /// <summary>Sends as much as the socket currently accepts.</summary>
    private int Send(ReadOnlySpan<byte> buffer)
    {
        int sent = 0;
        while (sent < buffer.Length)
        {
            int count = _socket.Send(buffer[sent..], SocketFlags.None, out SocketError error);
            if (error == SocketError.WouldBlock)
            {
                break;
            }

            sent += error == SocketError.Success ? count : throw Failed(error);
        }

        return sent;
    }
}
