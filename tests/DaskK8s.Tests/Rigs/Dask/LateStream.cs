using System.Threading.Channels;

namespace DaskK8s.Tests.Rigs.Dask;

/// <summary>A stream that takes what is written at once and hands it on later; closing it drops what is still under way, as a tunnel does.</summary>
internal sealed class LateStream : Stream
{
    private readonly Stream _inner;
    private readonly TimeSpan _latency;
    private readonly Channel<byte[]> _underWay = Channel.CreateUnbounded<byte[]>();
    private readonly CancellationTokenSource _closed = new();

    public LateStream(Stream inner, TimeSpan latency)
    {
        (_inner, _latency) = (inner, latency);
        _ = HandOnAsync(_closed.Token);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _inner.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        _underWay.Writer.WriteAsync(buffer.ToArray(), cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _closed.Cancel();
        _inner.Dispose();
        base.Dispose(disposing);
    }

    private async Task HandOnAsync(CancellationToken cancellationToken)
    {
        await foreach (byte[] data in _underWay.Reader.ReadAllAsync(cancellationToken))
        {
            await Task.Delay(_latency, cancellationToken);
            await _inner.WriteAsync(data, cancellationToken);
        }
    }
}
