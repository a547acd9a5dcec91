namespace DaskK8s.Testing.Api;

/// <summary>A stream that forwards a number of bytes, then resets the connection or stalls.</summary>
internal sealed class CuttingStream(Stream inner, long limit, Func<CancellationToken, Task> end) : Stream
{
    private long _left = limit;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int pass = (int)Math.Min(_left, buffer.Length);
        await inner.WriteAsync(buffer[..pass], cancellationToken).ConfigureAwait(false);
        _left -= pass;
        if (_left == 0)
        {
            await inner.FlushAsync(cancellationToken).ConfigureAwait(false);
            // What was written has to reach the client before the reset does.
            await Task.Delay(50, cancellationToken).ConfigureAwait(false);
            await end(cancellationToken).ConfigureAwait(false);
            throw new OperationCanceledException("The answer was cut by an injected fault.");
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
