using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace DaskK8s.Testing.Forwarding;

/// <summary>
/// One stream of a SPDY session. Data is handed from the session's worker to the reader without a buffer between them, as
/// moby/spdystream does: without a reader, the worker waits until the client has closed the stream. Because the same worker
/// would handle that frame, it then waits until the session ends.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "Token sources without a timer and without a wait handle hold nothing to release, nor does the semaphore.")]
internal sealed class SpdyStream(int id, IReadOnlyDictionary<string, string> headers, SpdySession session)
{
    private readonly Channel<byte[]> _handed = Channel.CreateBounded<byte[]>(1);
    private readonly SemaphoreSlim _wanted = new(0);
    private readonly CancellationTokenSource _clientClosed = new();
    private readonly CancellationTokenSource _aborted = new();
    private bool _finished;

    public int Id { get; } = id;

    public IReadOnlyDictionary<string, string> Headers { get; } = headers;

    /// <summary>Gets a token that is cancelled when the client resets the stream or the session ends.</summary>
    public CancellationToken Aborted => _aborted.Token;

    public async IAsyncEnumerable<byte[]> ReadAllAsync([EnumeratorCancellation] CancellationToken end)
    {
        while (true)
        {
            _wanted.Release();
            if (!await _handed.Reader.WaitToReadAsync(end).ConfigureAwait(false))
            {
                yield break;
            }

            yield return await _handed.Reader.ReadAsync(end).ConfigureAwait(false);
        }
    }

    /// <summary>Hands a frame's data to the reader; the worker waits here.</summary>
    public async Task ReceiveAsync(byte[] data, bool final, CancellationToken end)
    {
        if (data.Length > 0 && !_clientClosed.IsCancellationRequested)
        {
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(end, _clientClosed.Token);
            try
            {
                await _wanted.WaitAsync(either.Token).ConfigureAwait(false);
                await _handed.Writer.WriteAsync(data, either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!end.IsCancellationRequested)
            {
                // The client closed the stream: what came later is dropped.
            }
        }

        if (final)
        {
            CloseClientSide();
        }
    }

    /// <summary>Records that the client has closed its side.</summary>
    public void CloseClientSide()
    {
        _handed.Writer.TryComplete();
        _clientClosed.Cancel();
        if (_finished)
        {
            session.Forget(Id);
        }
    }

    public Task WriteAsync(ReadOnlyMemory<byte> data, CancellationToken end) => session.WriteDataAsync(Id, data, final: false, end);

    /// <summary>Ends the server's side of the stream; the session keeps it until the client has closed its side too.</summary>
    public async Task FinishAsync(CancellationToken end)
    {
        if (!_finished)
        {
            _finished = true;
            if (_clientClosed.IsCancellationRequested)
            {
                session.Forget(Id);
            }

            await session.WriteDataAsync(Id, default, final: true, end).ConfigureAwait(false);
        }
    }

    /// <summary>Ends both sides at once and notifies the client.</summary>
    public Task ResetAsync(CancellationToken end)
    {
        Abort();
        return session.ResetAsync(Id, 5, end);
    }

    /// <summary>Ends both sides at once.</summary>
    public void Abort()
    {
        _finished = true;
        CloseClientSide();
        _aborted.Cancel();
    }
}
