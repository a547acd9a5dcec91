using System.Text;

using DaskK8s.PortForwarding.Tunnels;

namespace DaskK8s.PortForwarding.Spdy;

/// <summary>A connection to a pod's port: a data stream and an error stream of a session.</summary>
internal sealed class SpdyStream : TunnelStream
{
    private const int LongestError = 4 * 1024;

    /// <summary>The maximum time between a connection's data and its error message.</summary>
    private static readonly TimeSpan ReasonTime = TimeSpan.FromSeconds(1);

    private readonly SpdySession _session;
    private readonly ReceiveQueue _queue;
    private readonly StringBuilder _errorText = new();
    private readonly TaskCompletionSource _peerEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _dataAnswered;
    private bool _errorAnswered;
    private bool _dataEnded;
    private bool _errorEnded;
    private bool _writesEnded;
    private volatile bool _reasonPassed;
    private int _closed;

    internal SpdyStream(SpdySession session, int errorId, int dataId, int port, TunnelOptions options)
    {
        _session = session;
        ErrorId = errorId;
        DataId = dataId;
        Port = port;
        _queue = new ReceiveQueue(options.ConnectionBufferSize / 4, options.Buffers);
    }

    public override PodTarget Target => _session.Target;

    public override bool CanHalfClose => true;

    public override Task PeerEnded => _peerEnded.Task;

    public override bool ContinueInline
    {
        get => _queue.ContinueInline;
        set => _queue.ContinueInline = value;
    }

    /// <summary>Gets the ID of the stream that carries the data.</summary>
    internal int DataId { get; }

    /// <summary>Gets the ID of the stream that carries the reason for a refusal.</summary>
    internal int ErrorId { get; }

    internal int Port { get; }

    internal ReceiveQueue Queue => _queue;

    /// <summary>Gets or sets whether the last write may still be waiting for the pod.</summary>
    internal bool AwaitsPeer { get; set; }

    /// <summary>Gets whether data was sent that may be waiting for a reader in the pod.</summary>
    internal bool WasWritten { get; set; }

    /// <summary>Gets or sets whether the connection has ended, so that writing is not allowed; guarded by the output's lock.</summary>
    internal bool HasLeft { get; set; }

    /// <summary>Gets the time at which the streams were opened.</summary>
    internal long OpenedAt { get; init; }

    /// <summary>Gets whether the server has confirmed both streams.</summary>
    internal bool IsAnswered => _answered.Task.IsCompleted;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        ReadOnlyMemory<byte> data = await BorrowAsync(cancellationToken).ConfigureAwait(false);
        if (data.IsEmpty)
        {
            return 0;
        }

        int count = Math.Min(data.Length, buffer.Length);
        data[..count].CopyTo(buffer);
        Return(count);
        return count;
    }

    public override ValueTask<ReadOnlyMemory<byte>> BorrowAsync(CancellationToken cancellationToken = default) =>
        _queue.TryBorrow(out ReadOnlyMemory<byte> data) ? new(data) : WaitAndBorrowAsync(cancellationToken);

    public override void Return(int consumed) => _queue.Return(consumed);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_closed == 1)
        {
            return ValueTask.FromException(PortForwardErrors.Lost(Target, Port, null));
        }

        if (buffer.IsEmpty || _peerEnded.Task.IsCompleted)
        {
            // The pod is gone from the connection; its end is what the reader finds.
            return ValueTask.CompletedTask;
        }

        AwaitsPeer = true;
        return WriteGuardedAsync(buffer, fin: false, cancellationToken);
    }

    public override ValueTask CompleteWritesAsync(CancellationToken cancellationToken = default)
    {
        if (_writesEnded || _closed == 1)
        {
            return ValueTask.CompletedTask;
        }

        _writesEnded = true;
        ValueTask written = WriteGuardedAsync(default, fin: true, cancellationToken);
        ForgetWhenDone();
        return written;
    }

    public override void Abort()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 1)
        {
            return;
        }

        _session.Forget(this, reset: !(_dataEnded && (_writesEnded || _errorEnded)));
        _queue.Complete(PortForwardErrors.Lost(Target, Port, null));
        _queue.Discard();
        _peerEnded.TrySetResult();
    }

    public override ValueTask DisposeAsync()
    {
        Abort();
        return base.DisposeAsync();
    }

    /// <summary>Waits until the server has confirmed both streams; throws if its session ends first.</summary>
    /// <param name="limit">The time limit for the reply.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task that completes with the second reply.</returns>
    /// <exception cref="PortForwardException">The session ended first.</exception>
    /// <exception cref="TimeoutException">There was no reply.</exception>
    internal Task ConfirmAsync(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken) =>
        _answered.Task.WaitAsync(limit, time, cancellationToken);

    /// <summary>Records that the server confirmed one of the streams.</summary>
    /// <param name="isData">Whether it is the data stream.</param>
    internal void OnAnswered(bool isData)
    {
        _dataAnswered |= isData;
        _errorAnswered |= !isData;
        if (_dataAnswered && _errorAnswered)
        {
            _answered.TrySetResult();
        }
    }

    /// <summary>Ends the stream because its session has ended.</summary>
    /// <param name="error">The error that the reader receives after the last byte.</param>
    internal void Lose(Exception error)
    {
        _queue.Complete(error);
        if (_answered.TrySetException(error))
        {
            // Most openers do not wait for the answer.
            _ = _answered.Task.Exception;
        }

        _peerEnded.TrySetResult();
    }

    internal void OnErrorText(ReadOnlySpan<byte> text)
    {
        if (_errorText.Length < LongestError)
        {
            _errorText.Append(Encoding.UTF8.GetString(text[..Math.Min(text.Length, LongestError)]));
        }
    }

    /// <summary>Records that the peer's side of the data or error stream has ended.</summary>
    /// <param name="isData">Whether it is the data stream.</param>
    internal void OnEnd(bool isData)
    {
        _dataEnded |= isData;
        _errorEnded |= !isData;
        if (_errorEnded && (_dataEnded || _errorText.Length > 0))
        {
            EndReading();
        }
        else if (_dataEnded)
        {
            // containerd closes the data stream before it says on the other one why the pod was not reached.
            _ = EndReadingLaterAsync();
        }

        if (_dataEnded && _errorEnded)
        {
            // Servers end the error stream when they have left the connection: nothing written reaches the pod any more.
            _peerEnded.TrySetResult();
        }

        ForgetWhenDone();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Abort();
        }

        base.Dispose(disposing);
    }

    private void ForgetWhenDone()
    {
        if (_dataEnded && (_errorEnded || (_writesEnded && _reasonPassed)))
        {
            _session.Forget(this, reset: false);
        }
    }

    private void EndReading()
    {
        if (_errorText.Length > 0)
        {
            Refused?.Invoke(Target);
        }

        _queue.Complete(_errorText.Length == 0 ? null : PortForwardErrors.Refused(Target, Port, _errorText.ToString()));
    }

    /// <summary>Ends reading from a connection whose server does not end the error stream.</summary>
    private async Task EndReadingLaterAsync()
    {
        await Task.WhenAny(_peerEnded.Task, Task.Delay(ReasonTime)).ConfigureAwait(false);
        _reasonPassed = true;
        _queue.Complete(null);
        ForgetWhenDone();
    }

    /// <summary>Writes data; any failure of the session, now or later, reaches the writer as one error.</summary>
    private ValueTask WriteGuardedAsync(ReadOnlyMemory<byte> data, bool fin, CancellationToken cancellationToken)
    {
        ValueTask written;
        try
        {
            written = _session.Output.WriteDataAsync(this, data, fin, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return ValueTask.FromException(PortForwardErrors.Lost(Target, Port, e));
        }

        return written.IsCompletedSuccessfully ? written : GuardAsync(written);
    }

    private async ValueTask GuardAsync(ValueTask written)
    {
        try
        {
            await written.ConfigureAwait(false);
        }
        catch (Exception e) when (e is not (OperationCanceledException or PortForwardException))
        {
            throw PortForwardErrors.Lost(Target, Port, e);
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>> WaitAndBorrowAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration giveUp = cancellationToken.UnsafeRegister(
            static (_queue, token) => ((ReceiveQueue)_queue!).CancelWait(token), _queue);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await _queue.WaitAsync().ConfigureAwait(false);
            if (_queue.TryBorrow(out ReadOnlyMemory<byte> data))
            {
                return data;
            }
        }
    }
}
