using DaskK8s.PortForwarding.Tunnels;

using Microsoft.Extensions.Logging;

namespace DaskK8s.PortForwarding.Spdy;

/// <summary>
/// A session that carries many connections to one pod over one upgraded transport: each has a pair of streams and is used
/// without waiting for a reply.
/// </summary>
/// <remarks>
/// Servers neither send nor observe window updates, so a stream whose reader stops blocks reading from the session: memory stays
/// bounded, and <see cref="SessionPool"/> limits the number of affected connections (docs/decisions/0001-tunnel-transport.md).
/// A retired session ends by itself with its last connection.
/// </remarks>
internal sealed partial class SpdySession : IAsyncDisposable
{
    private const int StatusRefused = 3;
    private const int StatusCancel = 5;

    /// <summary>
    /// The number of connections after which a session is retired: servers before 1.25 keep some memory of each until the session ends.
    /// </summary>
    private const int MostConnections = 4096;

    private static readonly TimeSpan SlowWrite = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly Lock _opening = new();
    private readonly Dictionary<int, SpdyStream> _streams = [];
    private readonly Stream _transport;
    private readonly TunnelOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SpdyKeepAlive _keepAlive;
    private readonly SpdyReader _reader;
    private readonly Task _reading;
    private Exception? _failure;
    private int _connections;
    private int _opened;
    private volatile bool _leaving;
    private volatile bool _over;

    private SpdySession(Stream transport, PortForwardTransport kind, PodTarget target, TunnelOptions options, ILogger logger, TimeProvider time)
    {
        _transport = transport;
        _options = options;
        _logger = logger;
        _time = time;
        Kind = kind;
        Target = target;
        Output = new SpdyOutput(_transport, _options.Buffers, _time);
        _keepAlive = new SpdyKeepAlive(this, _options, _time);
        _reader = new SpdyReader(this, _transport, _options, _time);
        _reading = ReadAsync();
    }

    /// <summary>Gets the pod at the other end.</summary>
    public PodTarget Target { get; }

    /// <summary>Gets the transport of the frames.</summary>
    public PortForwardTransport Kind { get; }

    /// <summary>Gets the number of open connections.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Gets a task that completes when nothing more can be read from the session.</summary>
    public Task Ended => _reading;

    /// <summary>Gets whether a new connection can be opened.</summary>
    public bool IsUsable
    {
        get
        {
            if (_over || _leaving || _keepAlive.IsSuspect)
            {
                return false;
            }

            lock (_opening)
            {
                return !_lanes.IsStuck;
            }
        }
    }

    /// <summary>Gets the time since the last data arrived.</summary>
    public TimeSpan SilentFor => _keepAlive.SilentFor;

    /// <summary>Gets whether one connection blocks the others because its reader, either here or in the pod, has stopped.</summary>
    public bool IsStalled => _reader.Stalling is not null || Output.WritingFor > SlowWrite;

    /// <summary>Gets how long a local reader has blocked the session.</summary>
    public TimeSpan StalledFor => _reader.StalledFor;

    /// <summary>Gets whether sent data may still be waiting for the pod.</summary>
    public bool AwaitsPeer
    {
        get
        {
            if (Output.WritingFor > TimeSpan.Zero)
            {
                return true;
            }

            lock (_gate)
            {
                return _streams.Values.Any(s => s.AwaitsPeer);
            }
        }
    }

    internal SpdyOutput Output { get; }

    /// <summary>Gets whether the session has ended.</summary>
    internal bool IsOver => _over;

    /// <summary>Starts a session on a transport that the server switched to SPDY.</summary>
    /// <param name="transport">The transport; the session owns it.</param>
    /// <param name="kind">The transport of the frames.</param>
    /// <param name="target">The pod at the other end.</param>
    /// <param name="options">The limits.</param>
    /// <param name="logger">The logger of this component.</param>
    /// <param name="time">The clock.</param>
    /// <returns>The session, which is already reading.</returns>
    public static SpdySession Start(
        Stream transport, PortForwardTransport kind, PodTarget target, TunnelOptions options, ILogger logger, TimeProvider time)
    {
        SpdySession session = new(transport, kind, target, options, logger, time);
        session._keepAlive.Start();
        ForwardingTelemetry.Sessions.Add(1, new("transport", kind.ToString()), new("event", "started"));
        return session;
    }

    /// <summary>Opens a connection without waiting.</summary>
    /// <param name="port">The port inside the pod.</param>
    /// <returns>The connection, or null if the session accepts no more.</returns>
    public SpdyStream? TryOpen(int port)
    {
        SpdyStream? stream = TryOpen(port, out bool mustFlush);
        if (mustFlush)
        {
            Flush();
        }

        return stream;
    }

    /// <summary>Opens a connection for a caller that holds a lock, during which nothing should be sent.</summary>
    /// <param name="port">The port inside the pod.</param>
    /// <param name="mustFlush">Whether the caller must call <see cref="Flush"/>.</param>
    /// <returns>The connection, or null if the session accepts no more.</returns>
    public SpdyStream? TryOpen(int port, out bool mustFlush)
    {
        mustFlush = false;
        if (!IsUsable)
        {
            return null;
        }

        // Ids must rise on the wire, so they are given and written under one lock; readers do not wait for it.
        lock (_opening)
        {
            (int errorId, int dataId) = _lanes.Take();
            SpdyStream stream = new(this, errorId, dataId, port, _options) { OpenedAt = _time.GetTimestamp() };
            _leaving |= ++_opened == MostConnections;
            lock (_gate)
            {
                if (_over)
                {
                    return null;
                }

                _connections++;
                _streams.Add(stream.ErrorId, stream);
                _streams.Add(stream.DataId, stream);
            }

            mustFlush = Output.AppendControl(512, stream, WriteOpening, hasHeaders: true);
            return stream;
        }
    }

    /// <summary>Sends the frames that <see cref="TryOpen(int, out bool)"/> queued.</summary>
    public void Flush() => Output.Flush();

    /// <summary>Ends the session and all its connections.</summary>
    /// <param name="error">The error that the connections' readers receive.</param>
    public void Abort(Exception error)
    {
        _over = true;
        _failure ??= error;
        Output.Fail(error);
        _reader.Stalling?.Queue.Complete(error);
        _transport.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        _leaving = true;
        Output.WriteControl(SpdyEncoder.ShortFrameSize, 0, static (buffer, at, last, _) => SpdyEncoder.WriteGoAway(buffer.AsSpan(at), last));
        Abort(new ObjectDisposedException(nameof(SpdySession)));
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _keepAlive.Dispose();
    }

    /// <summary>Permanently stops new connections on the session; existing ones continue.</summary>
    internal void Retire()
    {
        _leaving = true;
        EndWhenLeft();
    }

    /// <summary>Ends the connection that blocks its neighbors, if there are any.</summary>
    internal void DropStalling()
    {
        if (Connections > 1 && _reader.Stalling is { } culprit)
        {
            ForwardingLog.StalledConnectionDropped(_logger, culprit.Port, Target, StalledFor.TotalSeconds, Connections - 1);
            culprit.Abort();
        }
    }

    /// <summary>Removes a connection from the session.</summary>
    /// <param name="stream">The connection.</param>
    /// <param name="reset">Whether the server must be notified.</param>
    internal void Forget(SpdyStream stream, bool reset)
    {
        lock (_gate)
        {
            _streams.Remove(stream.ErrorId);
            if (!_streams.Remove(stream.DataId))
            {
                return;
            }

            _connections--;
        }

        bool mustFlush = false;
        Output.Leave(stream);
        if (!_over)
        {
            lock (_opening)
            {
                int pings = _lanes.Leave(stream.DataId, stream.WasWritten, _time.GetTimestamp());
                if (reset || pings > 0)
                {
                    mustFlush = Output.AppendControl(
                        (pings + 1) * SpdyEncoder.ShortFrameSize,
                        (Lanes: _lanes, Pings: pings, Reset: reset ? stream.DataId : 0),
                        static (buffer, at, leaving, _) =>
                        {
                            int count = leaving.Reset == 0 ? 0 : SpdyEncoder.WriteReset(buffer.AsSpan(at), leaving.Reset, StatusCancel);
                            return count + WritePings(buffer, at + count, leaving.Lanes, leaving.Pings);
                        });
                }
            }
        }

        if (mustFlush)
        {
            Output.Flush();
        }

        EndWhenLeft();
    }

    /// <summary>Ends a session that accepts no connections and has none: the server then releases what is stuck.</summary>
    private void EndWhenLeft()
    {
        if (_leaving && !_over && Connections == 0)
        {
            Output.WriteControl(SpdyEncoder.ShortFrameSize, 0, static (buffer, at, last, _) => SpdyEncoder.WriteGoAway(buffer.AsSpan(at), last));
            Abort(new EndOfStreamException("it was left."));
        }
    }

    private static int WriteOpening(byte[] buffer, int at, SpdyStream stream, bool first)
    {
        string port = stream.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        string request = stream.DataId.ToString(System.Globalization.CultureInfo.InvariantCulture);
        int count = SpdyEncoder.WriteSynStream(
            buffer.AsSpan(at), stream.ErrorId, fin: true, first, [("streamtype", "error"), ("port", port), ("requestid", request)]);
        return count + SpdyEncoder.WriteSynStream(
            buffer.AsSpan(at + count), stream.DataId, fin: false, first: false, [("streamtype", "data"), ("port", port), ("requestid", request)]);
    }

    private async Task ReadAsync()
    {
        Exception? error = await _reader.RunAsync().ConfigureAwait(false);
        End(_failure ?? error);
    }

    /// <summary>Takes note that something has come.</summary>
    internal void OnReceived() => _keepAlive.OnReceived();

    /// <summary>Finds a stream by one of its ids.</summary>
    internal SpdyStream? Find(int id)
    {
        lock (_gate)
        {
            return _streams.GetValueOrDefault(id);
        }
    }

    private static void OnFin(SpdyStream stream, int id) => stream.OnEnd(isData: id == stream.DataId);

    /// <summary>Takes a frame that is no data.</summary>
    internal void OnControl(in SpdyEvent found)
    {
        switch (found.Type)
        {
            case SpdyFrameType.SynReply or SpdyFrameType.Headers when Find(found.StreamId) is { } known:
                known.OnAnswered(isData: found.StreamId == known.DataId);
                if (found.Fin)
                {
                    OnFin(known, found.StreamId);
                }

                break;
            case SpdyFrameType.RstStream when Find(found.StreamId) is { } reset:
                if (found.StreamId == reset.ErrorId)
                {
                    // Seen on 1.36.2 with containerd 2.1: an error stream ends so after its text, and the reason would be lost with it.
                    OnFin(reset, found.StreamId);
                }
                else
                {
                    Forget(reset, reset: false);
                    reset.Lose(PortForwardErrors.Reset(Target, reset.Port));
                }

                break;
            case SpdyFrameType.Ping when (found.StreamId & 1) == 0:
                Output.WriteControl(
                    SpdyEncoder.ShortFrameSize, found.StreamId, static (buffer, at, id, _) => SpdyEncoder.WritePing(buffer.AsSpan(at), id));
                break;
            case SpdyFrameType.Ping:
                OnPong(found.StreamId);
                break;
            case SpdyFrameType.GoAway:
                Retire();
                break;
            case SpdyFrameType.SynStream:
                Output.WriteControl(
                    SpdyEncoder.ShortFrameSize,
                    found.StreamId,
                    static (buffer, at, id, _) => SpdyEncoder.WriteReset(buffer.AsSpan(at), id, StatusRefused));
                break;
            default:
                // Settings and window updates are not sent and would change nothing.
                break;
        }
    }

    private void End(Exception? error)
    {
        _keepAlive.Dispose();
        _transport.Dispose();
        SpdyStream[] open;
        lock (_gate)
        {
            _over = true;
            open = [.. _streams.Values.Distinct()];
            _streams.Clear();
            _connections = 0;
        }

        Output.Fail(error ?? new EndOfStreamException("the server ended the session."));
        foreach (SpdyStream stream in open)
        {
            stream.Lose(PortForwardErrors.Lost(Target, stream.Port, error));
        }

        ForwardingTelemetry.Sessions.Add(1, new("transport", Kind.ToString()), new("event", "ended"));
        ForwardingLog.SessionEnded(_logger, Kind, Target, open.Length, error?.Message ?? "the server ended it.");
    }
}
