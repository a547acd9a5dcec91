using System.Buffers;
using System.Net.WebSockets;
using System.Text;

using DaskK8s.PortForwarding.Tunnels;

namespace DaskK8s.PortForwarding;

/// <summary>
/// One connection over one WebSocket of <c>v4.channel.k8s.io</c>: each message is a channel byte and data; the first two
/// bytes on each of the server's channels are the port, little-endian, and not payload. Data is received directly into the
/// reader's buffer, so a reader that stops also stops the sender, and no data accumulates.
/// </summary>
/// <remarks>Source: the kubelet's <c>portforward/websocket.go</c>, and messages observed on 1.20.2 and 1.36.2.</remarks>
internal sealed class WebSocketTunnelStream(WebSocket socket, PodTarget target, int port, ArrayPool<byte> buffers) : TunnelStream
{
    public const string Protocol = "v4.channel.k8s.io";

    private const byte DataChannel = 0;
    private const byte ErrorChannel = 1;
    private const int PortPrefix = 2;
    private const int LongestMessage = 32 * 1024;
    private const int LongestError = 4 * 1024;

    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly StringBuilder _error = new();
    private int _dataPrefix = PortPrefix;
    private int _errorPrefix = PortPrefix;
    private readonly TaskCompletionSource _peerEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private byte[]? _loan;
    private int _loanStart;
    private int _loanEnd;
    private bool _inData;
    private bool _ended;
    private int _disposed;

    public override PodTarget Target => target;

    public override bool CanHalfClose => false;

    public override Task PeerEnded => _peerEnded.Task;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        try
        {
            while (!_ended)
            {
                int count = _inData
                    ? await ReadDataAsync(buffer, cancellationToken).ConfigureAwait(false)
                    : await ReadChannelAsync(cancellationToken).ConfigureAwait(false);
                if (count > 0)
                {
                    return count;
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or ObjectDisposedException)
        {
            _peerEnded.TrySetResult();
            throw Lost(e);
        }

        _peerEnded.TrySetResult();
        return _error.Length == 0 ? 0 : throw NoteRefusal();
    }

    public override async ValueTask<ReadOnlyMemory<byte>> BorrowAsync(CancellationToken cancellationToken = default)
    {
        if (_loan is null)
        {
            _loan = buffers.Rent(LongestMessage);
            try
            {
                (_loanStart, _loanEnd) = (0, await ReadAsync(_loan, cancellationToken).ConfigureAwait(false));
            }
            finally
            {
                if (_loanEnd == 0)
                {
                    Return(0);
                }
            }
        }

        return _loan.AsMemory(_loanStart, _loanEnd - _loanStart);
    }

    public override void Return(int consumed)
    {
        _loanStart += consumed;
        if (_loanStart == _loanEnd && _loan is not null)
        {
            buffers.Return(_loan);
            _loan = null;
            _loanStart = _loanEnd = 0;
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_peerEnded.Task.IsCompleted)
        {
            // The pod is gone from the connection; its end is what the reader finds.
            return;
        }

        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        byte[] message = buffers.Rent(Math.Min(buffer.Length, LongestMessage) + 1);
        try
        {
            while (!buffer.IsEmpty)
            {
                int count = Math.Min(buffer.Length, LongestMessage);
                message[0] = DataChannel;
                buffer.Span[..count].CopyTo(message.AsSpan(1));
                await socket.SendAsync(message.AsMemory(0, count + 1), WebSocketMessageType.Binary, endOfMessage: true, cancellationToken)
                    .ConfigureAwait(false);
                buffer = buffer[count..];
            }
        }
        catch (Exception e) when (e is not (OperationCanceledException or PortForwardException))
        {
            throw Lost(e);
        }
        finally
        {
            if (_disposed == 0)
            {
                _writing.Release();
            }

            buffers.Return(message);
        }
    }

    public override ValueTask CompleteWritesAsync(CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    public override void Abort()
    {
        socket.Abort();
        _peerEnded.TrySetResult();
    }

    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
        {
            return;
        }

        // The server closes the pod's connection on a close frame as well as on a lost connection; its answer tells nothing.
        try
        {
            using CancellationTokenSource limit = new(TimeSpan.FromSeconds(1));
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            socket.Abort();
        }

        Free();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            socket.Abort();
            Free();
        }

        base.Dispose(disposing);
    }

    private void Free()
    {
        socket.Dispose();
        _writing.Dispose();
        if (_loanStart < _loanEnd)
        {
            Return(_loanEnd - _loanStart);
        }
    }

    /// <summary>Reads a message's first byte, and the whole message if it is not data.</summary>
    private async ValueTask<int> ReadChannelAsync(CancellationToken cancellationToken)
    {
        byte[] buffer = buffers.Rent(LongestError);
        try
        {
            ValueWebSocketReceiveResult result = await socket.ReceiveAsync(buffer.AsMemory(0, 1), cancellationToken).ConfigureAwait(false);
            if (result.MessageType == WebSocketMessageType.Close)
            {
                _ended = true;
                return 0;
            }

            if (result.Count == 0)
            {
                return 0;
            }

            byte channel = buffer[0];
            if (channel == DataChannel)
            {
                _inData = !result.EndOfMessage;
                return 0;
            }

            while (!result.EndOfMessage)
            {
                result = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken).ConfigureAwait(false);
                if (channel == ErrorChannel)
                {
                    KeepError(buffer.AsSpan(0, result.Count));
                }
            }

            return 0;
        }
        finally
        {
            buffers.Return(buffer);
        }
    }

    private async ValueTask<int> ReadDataAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        Memory<byte> room = _dataPrefix > 0 ? new byte[_dataPrefix] : buffer;
        ValueWebSocketReceiveResult result = await socket.ReceiveAsync(room, cancellationToken).ConfigureAwait(false);
        _inData = !result.EndOfMessage;
        if (result.MessageType == WebSocketMessageType.Close)
        {
            _ended = true;
            return 0;
        }

        if (_dataPrefix > 0)
        {
            _dataPrefix -= result.Count;
            return 0;
        }

        return result.Count;
    }

    private void KeepError(ReadOnlySpan<byte> text)
    {
        int prefix = Math.Min(_errorPrefix, text.Length);
        _errorPrefix -= prefix;
        text = text[prefix..];
        _error.Append(Encoding.UTF8.GetString(text[..Math.Min(text.Length, Math.Max(0, LongestError - _error.Length))]));
    }

    private PortForwardException NoteRefusal()
    {
        Refused?.Invoke(target);
        return PortForwardErrors.Refused(target, port, _error.ToString());
    }

    private PortForwardException Lost(Exception cause) =>
        _error.Length > 0 ? NoteRefusal() : PortForwardErrors.Lost(target, port, cause);
}
