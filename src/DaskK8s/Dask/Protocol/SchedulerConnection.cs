using System.Buffers;
using System.Net.Sockets;

using DaskK8s.Common;

using MessagePack;

namespace DaskK8s.Dask.Protocol;

/// <summary>A connection to a scheduler after the handshake. It sends and receives one message at a time in each direction.</summary>
internal sealed class SchedulerConnection : IAsyncDisposable
{
    private readonly SchedulerEndpoint _endpoint;
    private readonly Stream _stream;
    private readonly FrameLimits _limits;

    private SchedulerConnection(SchedulerEndpoint endpoint, Stream stream, FrameLimits limits)
    {
        _endpoint = endpoint;
        _stream = stream;
        _limits = limits;
    }

    /// <summary>Gets the time at which the connection was last used, as a timestamp of the time provider.</summary>
    public long LastUsed { get; set; }

    /// <summary>Connects and performs the handshake.</summary>
    /// <param name="endpoint">The scheduler's endpoint.</param>
    /// <param name="limits">The limits of received messages.</param>
    /// <param name="timeout">The time limit for connecting and the handshake.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="SchedulerUnreachableException">The connection could not be established.</exception>
    /// <exception cref="SchedulerTimeoutException">The time limit expired.</exception>
    /// <exception cref="DaskTlsException">TLS failed.</exception>
    /// <exception cref="DaskProtocolException">The server is not a Dask scheduler.</exception>
    public static async ValueTask<SchedulerConnection> OpenAsync(
        SchedulerEndpoint endpoint, FrameLimits limits, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        using TimeLimit limit = new(timeout, time, cancellationToken);
        Stream? stream = null;
        string step = "connect";
        try
        {
            stream = await endpoint.Dialer(limit.Token).ConfigureAwait(false);
            if (endpoint.Tls is { } tls)
            {
                stream = await SchedulerTls.AuthenticateAsync(stream, tls, endpoint.Address, limit.Token).ConfigureAwait(false);
            }

            step = "handshake";
            SchedulerConnection connection = new(endpoint, stream, limits);
            await connection.SendAsync([Handshake], limit.Token).ConfigureAwait(false);
            DaskMessage theirs = await connection.ReceiveAsync(limit.Token).ConfigureAwait(false);
            if (MsgpackTree.Decode(theirs, limits) is not Dictionary<string, object?> map || !map.ContainsKey("pickle-protocol"))
            {
                throw new DaskProtocolException($"The server at {endpoint.Address} did not answer like a Dask scheduler.");
            }

            stream = null;
            return connection;
        }
        catch (SchedulerUnreachableException e) when (step == "handshake" && endpoint.Tls is not null)
        {
            // TLS 1.3 has no round trip left for the peer to refuse our certificate in: it does so by closing.
            throw new DaskTlsException(
                $"The scheduler at {endpoint.Address} closed the connection right after TLS was set up: it most likely refused our client certificate " +
                $"({endpoint.Tls.CertificateFile ?? "none is set: DaskTlsOptions.CertificateFile"}).",
                e);
        }
        catch (OperationCanceledException) when (limit.Passed)
        {
            throw new SchedulerTimeoutException(endpoint.Address, step, timeout);
        }
        catch (Exception e) when (IsLost(e))
        {
            throw Unreachable(endpoint.Address, e);
        }
        finally
        {
            if (stream is not null)
            {
                await stream.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Sends one message.</summary>
    /// <param name="frames">The message's frames.</param>
    /// <param name="cancellationToken">Cancels the wait; the connection is unusable afterwards.</param>
    /// <returns>A task that completes when the message is written.</returns>
    /// <exception cref="SchedulerUnreachableException">The connection broke.</exception>
    public async ValueTask SendAsync(IReadOnlyList<ReadOnlyMemory<byte>> frames, CancellationToken cancellationToken)
    {
        try
        {
            await FrameCodec.WriteAsync(_stream, frames, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (IsLost(e))
        {
            throw Unreachable(_endpoint.Address, e);
        }
    }

    /// <summary>Waits for one message.</summary>
    /// <param name="cancellationToken">Cancels the wait; the connection is unusable afterwards.</param>
    /// <returns>The message.</returns>
    /// <exception cref="SchedulerUnreachableException">The connection broke.</exception>
    /// <exception cref="DaskProtocolException">The bytes are not a message.</exception>
    public async ValueTask<DaskMessage> ReceiveAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await FrameCodec.ReadAsync(_stream, _limits, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (IsLost(e))
        {
            throw Unreachable(_endpoint.Address, e);
        }
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    // A tunnel tells a pod's refusal, and the end of its way, by an exception of its own.
    private static bool IsLost(Exception e) => e is IOException or SocketException or ObjectDisposedException or PortForwardException;

    private static SchedulerUnreachableException Unreachable(string address, Exception cause) => new(
        address,
        cause is EndOfStreamException
            ? $"The scheduler at {address} closed the connection. It may have restarted, or be shutting down."
            : $"The scheduler at {address} cannot be reached: {cause.Message}",
        cause);

    // "compression" and "pickle-protocol" must be there: without one of them a scheduler goes silent. nil: none is wanted.
    private static byte[] Handshake { get; } = CreateHandshake();

    private static byte[] CreateHandshake()
    {
        ArrayBufferWriter<byte> buffer = new(64);
        MessagePackWriter writer = new(buffer);
        writer.WriteValue(new Dictionary<string, object?>
        {
            ["compression"] = null,
            ["python"] = new object?[] { 3, 11, 0 },
            ["pickle-protocol"] = 5,
        });
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
