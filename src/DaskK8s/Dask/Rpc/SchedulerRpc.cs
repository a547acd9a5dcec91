using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;

using DaskK8s.Common;
using DaskK8s.Dask.Protocol;

using MessagePack;

using Microsoft.Extensions.Logging;

namespace DaskK8s.Dask.Rpc;

/// <summary>Calls operations of a Dask scheduler.</summary>
/// <remarks>
/// A Dask connection serves one call at a time, so each call uses an idle connection or opens a new one. If an idle connection is
/// dead, it is replaced once, and only for idempotent calls; other calls always use a new connection.
/// </remarks>
internal sealed class SchedulerRpc(
    SchedulerEndpoint endpoint,
    SchedulerTimeouts timeouts,
    TimeProvider time,
    ILogger logger,
    FrameLimits? limits = null) : IAsyncDisposable
{
    private const int MaxIdle = 4;

    private readonly FrameLimits _limits = limits ?? FrameLimits.Default;
    private readonly Stack<SchedulerConnection> _idle = new();
    private int _alive;
    private bool _disposed;

    /// <summary>Gets the scheduler's address for messages.</summary>
    public string Address => endpoint.Address;

    /// <summary>Gets a number that changes whenever the scheduler may have restarted because there was no connection to it.</summary>
    public int Generation { get; private set; }

    /// <summary>Gets the modules that were installed on the scheduler, each with the generation at that time.</summary>
    public ConcurrentDictionary<string, int> Installed { get; } = new(StringComparer.Ordinal);

    /// <summary>Opens a separate connection for a stream.</summary>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <returns>The connection; the caller disposes it.</returns>
    public async ValueTask<SchedulerConnection> OpenAsync(CancellationToken cancellationToken)
    {
        SchedulerConnection connection = await SchedulerConnection
            .OpenAsync(endpoint, _limits, timeouts.Connect, time, cancellationToken).ConfigureAwait(false);
        logger.SchedulerConnected(endpoint.Address);
        return connection;
    }

    /// <summary>Calls an operation and returns its answer as plain values (see <see cref="MsgpackTree"/>).</summary>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The answer; also null if the scheduler does not know the operation.</returns>
    public Task<object?> CallAsync(RpcCall call, CancellationToken cancellationToken) =>
        CallAsync(call, (ref MessagePackReader reader, DaskMessage message) => MsgpackTree.Read(ref reader, message, message.Budget, _limits.MaxDepth), cancellationToken);

    /// <summary>Calls an operation and decodes its answer.</summary>
    /// <typeparam name="T">The type of the decoded answer.</typeparam>
    /// <param name="call">The call.</param>
    /// <param name="decoder">Decodes the answer.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The decoded answer.</returns>
    /// <exception cref="DaskRpcException">The scheduler answered with an error.</exception>
    /// <exception cref="DaskProtocolException">The answer has an unexpected form.</exception>
    /// <exception cref="SchedulerTimeoutException">The scheduler did not answer in time.</exception>
    /// <exception cref="SchedulerUnreachableException">The scheduler cannot be reached.</exception>
    /// <exception cref="DaskTlsException">TLS failed.</exception>
    public async Task<T> CallAsync<T>(RpcCall call, MessageDecoder<T> decoder, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        TimeSpan timeout = call.Timeout ?? timeouts.Call;
        SchedulerConnection? pooled = call.Idempotent ? await TakeIdleAsync().ConfigureAwait(false) : null;
        SchedulerConnection connection = pooled ?? await OpenCountedAsync(cancellationToken).ConfigureAwait(false);
        using TimeLimit limit = new(timeout, time, cancellationToken);
        try
        {
            DaskMessage reply = await ExchangeAsync(call, connection, pooled is not null, limit.Token, cancellationToken).ConfigureAwait(false);
            RpcReply.ThrowIfError(reply, call.Operation, endpoint.Address);
            // Decoding takes its time too, and what is opened later is the caller's to wait for.
            reply.Budget.Token = limit.Token;
            T result = Msgpack.Decode(reply, decoder);
            reply.Budget.Token = cancellationToken;
            return result;
        }
        catch (OperationCanceledException) when (limit.Passed)
        {
            throw new SchedulerTimeoutException(endpoint.Address, call.Operation, timeout);
        }
    }

    public async ValueTask DisposeAsync()
    {
        SchedulerConnection[] idle;
        lock (_idle)
        {
            _disposed = true;
            idle = [.. _idle];
            _idle.Clear();
        }

        foreach (SchedulerConnection connection in idle)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<DaskMessage> ExchangeAsync(
        RpcCall call, SchedulerConnection? connection, bool pooled, CancellationToken limit, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        try
        {
            ReadOnlyMemory<byte>[] request = Encode(call);
            DaskMessage reply;
            try
            {
                reply = await ExchangeOnAsync(connection!, request, limit).ConfigureAwait(false);
            }
            catch (SchedulerUnreachableException) when (pooled)
            {
                await CloseAsync(connection!).ConfigureAwait(false);
                Generation++;
                connection = null;
                connection = await OpenCountedAsync(cancellationToken).ConfigureAwait(false);
                logger.ConnectionReplaced(endpoint.Address, call.Operation);
                reply = await ExchangeOnAsync(connection, request, limit).ConfigureAwait(false);
            }

            GiveBack(ref connection);
            logger.OperationCalled(call.Operation, endpoint.Address, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            return reply;
        }
        finally
        {
            // Given back, or broken: an answer that was not waited for would be the next call's.
            if (connection is not null)
            {
                await CloseAsync(connection).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask<SchedulerConnection> OpenCountedAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _alive) == 1)
        {
            Generation++;
        }

        try
        {
            return await OpenAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Interlocked.Decrement(ref _alive);
            throw;
        }
    }

    private ValueTask CloseAsync(SchedulerConnection connection)
    {
        Interlocked.Decrement(ref _alive);
        return connection.DisposeAsync();
    }

    private static async Task<DaskMessage> ExchangeOnAsync(
        SchedulerConnection connection, ReadOnlyMemory<byte>[] request, CancellationToken cancellationToken)
    {
        await connection.SendAsync(request, cancellationToken).ConfigureAwait(false);
        return await connection.ReceiveAsync(cancellationToken).ConfigureAwait(false);
    }

    private static ReadOnlyMemory<byte>[] Encode(RpcCall call)
    {
        ArrayBufferWriter<byte> buffer = new(256);
        MessagePackWriter writer = new(buffer);
        bool plain = call.PlainReply;
        writer.WriteMapHeader(call.Arguments.Count + (plain ? 3 : 2) + (call.Raw is null ? 0 : 1));
        writer.Write("op");
        writer.Write(call.Operation);
        writer.Write("reply");
        writer.Write(true);
        if (plain)
        {
            writer.Write("serializers");
            writer.WriteValue(new[] { "msgpack", "error" });
        }

        foreach ((string name, object? value) in call.Arguments)
        {
            writer.Write(name);
            writer.WriteValue(value);
        }

        if (call.Raw is { } raw)
        {
            writer.Write(raw.Name);
            writer.WriteValue(new Dictionary<string, object?> { ["__Serialized__"] = 1L });
        }

        writer.Flush();
        return call.Raw is null ? [buffer.WrittenMemory] : [buffer.WrittenMemory, SerializedValue.RawHeader, call.Raw.Value.Bytes];
    }

    private async ValueTask<SchedulerConnection?> TakeIdleAsync()
    {
        while (true)
        {
            SchedulerConnection? connection;
            lock (_idle)
            {
                if (!_idle.TryPop(out connection))
                {
                    return null;
                }
            }

            if (time.GetElapsedTime(connection.LastUsed) < timeouts.Idle)
            {
                return connection;
            }

            await CloseAsync(connection).ConfigureAwait(false);
        }
    }

    private void GiveBack(ref SchedulerConnection? connection)
    {
        lock (_idle)
        {
            if (!_disposed && _idle.Count < MaxIdle)
            {
                connection!.LastUsed = time.GetTimestamp();
                _idle.Push(connection);
                connection = null;
            }
        }
    }
}
