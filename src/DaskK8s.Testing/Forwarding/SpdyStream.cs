using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace DaskK8s.Testing.Forwarding;

/// <summary>One stream of a SPDY session.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "A token source without a timer and without a wait handle holds nothing to release.")]
internal sealed class SpdyStream(int id, IReadOnlyDictionary<string, string> headers, SpdySession session)
{
    // Without flow control a stream whose reader is slow holds up the whole connection; so does the real server.
    private readonly Channel<byte[]> _received = Channel.CreateBounded<byte[]>(64);
    private readonly CancellationTokenSource _aborted = new();
    private bool _finished;

    public int Id { get; } = id;

    public IReadOnlyDictionary<string, string> Headers { get; } = headers;

    public CancellationToken Aborted => _aborted.Token;

    public IAsyncEnumerable<byte[]> ReadAllAsync(CancellationToken end) => _received.Reader.ReadAllAsync(end);

    public async Task ReceiveAsync(byte[] data, bool final, CancellationToken end)
    {
        try
        {
            if (data.Length > 0)
            {
                using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(end, _aborted.Token);
                await _received.Writer.WriteAsync(data, either.Token).ConfigureAwait(false);
            }
        }
        catch (Exception over) when (over is ChannelClosedException || (over is OperationCanceledException && !end.IsCancellationRequested))
        {
            // Nobody reads any more: what still comes is dropped.
        }

        if (final)
        {
            _received.Writer.TryComplete();
        }
    }

    public Task WriteAsync(ReadOnlyMemory<byte> data, CancellationToken end) => session.WriteDataAsync(Id, data, final: false, end);

    /// <summary>Ends the server's side of the stream.</summary>
    public async Task FinishAsync(CancellationToken end)
    {
        if (!_finished)
        {
            _finished = true;
            await session.WriteDataAsync(Id, default, final: true, end).ConfigureAwait(false);
        }
    }

    public void Abort()
    {
        _received.Writer.TryComplete();
        _aborted.Cancel();
    }

    public void Leave()
    {
        Abort();
        session.Forget(Id);
    }
}
