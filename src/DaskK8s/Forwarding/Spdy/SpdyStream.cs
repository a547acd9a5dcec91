using System.Text;

namespace DaskK8s.Forwarding.Spdy;

/// <summary>Is one connection to a pod's port: a data stream and an error stream of a session.</summary>
internal sealed class SpdyStream : TunnelStream
{
    private const int LongestError = 4 * 1024;

    private readonly SpdySession session;
    private readonly ReceiveQueue queue;
    private readonly StringBuilder errorText = new();
    private readonly TaskCompletionSource peerEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool dataEnded;
    private bool errorEnded;
    private bool writesEnded;
    private int closed;

    internal SpdyStream(SpdySession session, int dataId, int port, int receiveLimit)
    {
        this.session = session;
        DataId = dataId;
        Port = port;
        queue = new ReceiveQueue(receiveLimit);
    }

    public override PodTarget Target => session.Target;

    public override bool CanHalfClose => true;

    public override Task PeerEnded => peerEnded.Task;

    public override bool ContinueInline
    {
        get => queue.ContinueInline;
        set => queue.ContinueInline = value;
    }

    /// <summary>Gets the id of the stream that carries the bytes; the error stream's is two lower.</summary>
    internal int DataId { get; }

    internal int ErrorId => DataId - 2;

    internal int Port { get; }

    internal ReceiveQueue Queue => queue;

    /// <summary>Gets or sets whether the pod may still have to take what was written last.</summary>
    internal bool AwaitsPeer { get; set; }

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
        queue.TryBorrow(out ReadOnlyMemory<byte> data) ? new(data) : WaitAndBorrowAsync(cancellationToken);

    public override void Return(int consumed) => queue.Return(consumed);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (closed == 1)
        {
            return ValueTask.FromException(PortForwardErrors.Lost(Target, Port, null));
        }

        if (buffer.IsEmpty || peerEnded.Task.IsCompleted)
        {
            // The pod is gone from the connection; its end is what the reader finds.
            return ValueTask.CompletedTask;
        }

        AwaitsPeer = true;
        ValueTask written = session.Output.WriteDataAsync(DataId, buffer, fin: false, cancellationToken);
        return written.IsCompletedSuccessfully ? written : GuardAsync(written);
    }

    public override ValueTask CompleteWritesAsync(CancellationToken cancellationToken = default)
    {
        if (writesEnded || closed == 1)
        {
            return ValueTask.CompletedTask;
        }

        writesEnded = true;
        ValueTask written = session.Output.WriteDataAsync(DataId, default, fin: true, cancellationToken);
        ForgetWhenDone();
        return written.IsCompletedSuccessfully ? written : GuardAsync(written);
    }

    public override void Abort()
    {
        if (Interlocked.Exchange(ref closed, 1) == 1)
        {
            return;
        }

        session.Forget(this, reset: !(dataEnded && (writesEnded || errorEnded)));
        queue.Complete(PortForwardErrors.Lost(Target, Port, null));
        queue.Discard();
        peerEnded.TrySetResult();
    }

    public override ValueTask DisposeAsync()
    {
        Abort();
        return base.DisposeAsync();
    }

    /// <summary>Waits until the server has said that it knows the stream; throws when its session ends first.</summary>
    /// <param name="limit">How long the answer may take.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A task that ends with the answer.</returns>
    /// <exception cref="PortForwardException">The session ended first.</exception>
    /// <exception cref="TimeoutException">No answer came.</exception>
    internal Task ConfirmAsync(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken) =>
        answered.Task.WaitAsync(limit, time, cancellationToken);

    internal void OnAnswered() => answered.TrySetResult();

    /// <summary>Ends the stream because its session is over.</summary>
    /// <param name="error">What the reader is told after the last byte.</param>
    internal void Lose(Exception error)
    {
        queue.Complete(error);
        if (answered.TrySetException(error))
        {
            // Most openers do not wait for the answer.
            _ = answered.Task.Exception;
        }

        peerEnded.TrySetResult();
    }

    internal void OnErrorText(ReadOnlySpan<byte> text)
    {
        if (errorText.Length < LongestError)
        {
            errorText.Append(Encoding.UTF8.GetString(text[..Math.Min(text.Length, LongestError)]));
        }
    }

    /// <summary>Is told that the peer's side of the data or of the error stream ended.</summary>
    /// <param name="isData">Which of the two.</param>
    internal void OnEnd(bool isData)
    {
        if (isData)
        {
            dataEnded = true;
        }
        else
        {
            errorEnded = true;
        }

        if (dataEnded || (errorEnded && errorText.Length > 0))
        {
            queue.Complete(errorText.Length == 0 ? null : PortForwardErrors.Refused(Target, Port, errorText.ToString()));
        }

        if (dataEnded && errorEnded)
        {
            // Servers end the error stream when they have left the connection: nothing written reaches the pod any more.
            peerEnded.TrySetResult();
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
        if (dataEnded && (writesEnded || errorEnded))
        {
            session.Forget(this, reset: false);
        }
    }

    private async ValueTask GuardAsync(ValueTask written)
    {
        try
        {
            await written.ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            throw PortForwardErrors.Lost(Target, Port, e);
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>> WaitAndBorrowAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration giveUp = cancellationToken.UnsafeRegister(
            static (queue, token) => ((ReceiveQueue)queue!).CancelWait(token), queue);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await queue.WaitAsync().ConfigureAwait(false);
            if (queue.TryBorrow(out ReadOnlyMemory<byte> data))
            {
                return data;
            }
        }
    }
}
