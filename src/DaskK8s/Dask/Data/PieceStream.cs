using System.Buffers;

namespace DaskK8s.Dask.Data;

/// <summary>A stream that is sent in pieces, a few of them at a time.</summary>
/// <param name="send">Sends a piece; returns false if it is no longer accepted.</param>
/// <param name="length">The expected length in bytes.</param>
/// <param name="progress">Receives the number of accepted bytes.</param>
internal sealed class PieceStream(Func<int, ReadOnlyMemory<byte>, CancellationToken, Task<bool>> send, long length, IProgress<DaskTransferProgress>? progress) : Stream
{
    private const int PieceBytes = 4 << 20;
    private const int Ahead = 3;

    private readonly Queue<(Task<bool> Sent, byte[] Piece, int Bytes)> _sending = new();
    private byte[] _piece = [];
    private int _filled;
    private long _sent;

    /// <summary>Gets the number of pieces.</summary>
    public int Pieces { get; private set; }

    /// <summary>Gets whether the other end is gone; further writes are then discarded.</summary>
    public bool Lost { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => (Pieces * (long)PieceBytes) + _filled;
        set => throw new NotSupportedException();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty && !Lost)
        {
            if (_piece.Length == 0 || _filled == PieceBytes)
            {
                await SendAsync(cancellationToken).ConfigureAwait(false);
                _piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
            }

            int count = Math.Min(buffer.Length, PieceBytes - _filled);
            buffer.Span[..count].CopyTo(_piece.AsSpan(_filled));
            _filled += count;
            buffer = buffer[count..];
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Sends the remaining bytes and waits until all are accepted.</summary>
    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        await SendAsync(cancellationToken).ConfigureAwait(false);
        while (_sending.Count > 0)
        {
            await TakeAsync().ConfigureAwait(false);
        }
    }

    public override void Flush() => throw new NotSupportedException();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        while (_sending.TryDequeue(out (Task<bool> Sent, byte[] Piece, int Bytes) left))
        {
            await ((Task)left.Sent).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask SendAsync(CancellationToken cancellationToken)
    {
        if (_filled > 0)
        {
            while (_sending.Count >= Ahead)
            {
                await TakeAsync().ConfigureAwait(false);
            }

            _sending.Enqueue((send(Pieces++, _piece.AsMemory(0, _filled), cancellationToken), _piece, _filled));
        }

        (_piece, _filled) = ([], 0);
    }

    private async ValueTask TakeAsync()
    {
        (Task<bool> sent, byte[] piece, int bytes) = _sending.Dequeue();
        Lost |= !await sent.ConfigureAwait(false);
        // Not where sending failed: what was cut off may still read it.
        ArrayPool<byte>.Shared.Return(piece);
        _sent += bytes;
        progress?.Report(new DaskTransferProgress(_sent, Math.Max(_sent, length)));
    }
}
