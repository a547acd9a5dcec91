using DaskK8s.Common;
using DaskK8s.Kubernetes;
using DaskK8s.PortForwarding.Spdy;
using DaskK8s.PortForwarding.Tunnels;

using Microsoft.Extensions.Logging;

namespace DaskK8s.PortForwarding;

/// <summary>
/// Opens connections to any port of the pod that is currently ready, and keeps a session ready while
/// forwards are open.
/// </summary>
internal sealed class PodTunnel : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan LookAgainInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWarmPause = TimeSpan.FromSeconds(10);

    /// <summary>The time that the connections of a deleted pod have to end by themselves.</summary>
    private static readonly TimeSpan GoneGrace = TimeSpan.FromSeconds(1);

    private readonly ReadyPods _pods;
    private readonly TunnelOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly TransportNegotiator _transports;
    private readonly SessionPool _ownSessions;
    private readonly SessionPool _socketSessions;
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();
    private int _forwards;
    private int _likelyPort;
    private Task _warming = Task.CompletedTask;
    private long _refusedAt;
    private int _disposed;

    /// <summary>Creates the tunnel; no connection is opened yet.</summary>
    /// <param name="connection">The API server.</param>
    /// <param name="pods">The pods to reach; disposed with the tunnel.</param>
    /// <param name="options">The limits.</param>
    /// <param name="logger">The logger of this component.</param>
    /// <param name="timeProvider">The clock.</param>
    public PodTunnel(KubeConnection connection, ReadyPods pods, TunnelOptions options, ILogger logger, TimeProvider? timeProvider = null)
    {
        _pods = pods;
        _options = options;
        _logger = logger;
        _time = timeProvider ?? TimeProvider.System;
        _transports = new TransportNegotiator(connection, _options, _logger, _time);
        _ownSessions = new SessionPool(_transports, OnSessionEnded, _options, _time);
        _socketSessions = new SessionPool(_transports, OnSessionEnded, _options, _time);
        _pods.Changed += OnPodChanged;
        _pods.Gone += OnPodGone;
    }

    /// <summary>Occurs, on any thread, when the pod connection is established, lost or changed. The string says why it was lost.</summary>
    public event Action<PortForwardState, string?>? StateChanged;

    /// <summary>Gets the last negotiated transport.</summary>
    public PortForwardTransport Transport => _transports.Agreed;

    /// <summary>Gets the limits.</summary>
    public TunnelOptions Options => _options;

    /// <summary>Gets the number of open sessions.</summary>
    public int Sessions => _ownSessions.Sessions + _socketSessions.Sessions;

    /// <summary>Opens a connection for the library's own calls to a port of the ready pod. Waits for the pod and the API server up to the limit.</summary>
    /// <param name="remotePort">The port inside the pod.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>
    /// The connection. If the pod refuses it, this is known only later: the first read then throws <see cref="PortForwardException"/>.
    /// </returns>
    /// <exception cref="PortForwardException">No connection could be opened within the limit.</exception>
    /// <exception cref="KubernetesApiException">The API server does not accept the credentials, or access is denied.</exception>
    public ValueTask<TunnelStream> OpenAsync(int remotePort, CancellationToken cancellationToken) =>
        OpenAsync(_ownSessions, remotePort, cancellationToken);

    /// <summary>Opens a connection for a local socket; it never shares a session with the library's own calls.</summary>
    /// <param name="remotePort">The port inside the pod.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="DaskK8sException">As <see cref="OpenAsync(int, CancellationToken)"/>.</exception>
    public ValueTask<TunnelStream> OpenForSocketAsync(int remotePort, CancellationToken cancellationToken) =>
        OpenAsync(_socketSessions, remotePort, cancellationToken);

    /// <summary>Keeps a session to the pod ready from now on, for a forward.</summary>
    /// <param name="remotePort">The forward's port.</param>
    public void AddForward(int remotePort)
    {
        _likelyPort = remotePort;
        Interlocked.Increment(ref _forwards);
        KeepWarm(_options.WarmUpDelay);
    }

    /// <summary>Reverts <see cref="AddForward"/>.</summary>
    public void RemoveForward() => Interlocked.Decrement(ref _forwards);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
        {
            return;
        }

        _pods.Changed -= OnPodChanged;
        _pods.Gone -= OnPodGone;
        await _closing.CancelAsync().ConfigureAwait(false);
        await _warming.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _ownSessions.DisposeAsync().ConfigureAwait(false);
        await _socketSessions.DisposeAsync().ConfigureAwait(false);
        await _pods.DisposeAsync().ConfigureAwait(false);
        _closing.Dispose();
    }

    /// <summary>Determines whether a retry can help.</summary>
    private static bool IsPassing(DaskK8sException error) => error switch
    {
        KubernetesUnauthorizedException or KubernetesForbiddenException => false,
        _ => true,
    };

    private async ValueTask<TunnelStream> OpenAsync(SessionPool sessions, int remotePort, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed == 1, this);
        using TimeLimit limit = new(_options.OpenTimeout, _time, cancellationToken, _closing.Token);
        Exception? last = null;
        try
        {
            BackOff pause = new(FirstPause, LongestPause);
            while (true)
            {
                PodTarget? target = null;
                TimeSpan? asked = null;
                try
                {
                    target = await _pods.GetAsync(limit.Token).ConfigureAwait(false);
                    TunnelStream opened = await sessions.OpenAsync(target, remotePort, limit.Token).ConfigureAwait(false);
                    opened.Refused = OnRefused;
                    ForwardingLog.Opened(_logger, remotePort, target, Transport);
                    StateChanged?.Invoke(PortForwardState.Connected, null);
                    return opened;
                }
                catch (DaskK8sException e) when (IsPassing(e))
                {
                    last = e;
                    asked = RetryAfter.Of(e, _time);
                    Report(e.Message);
                    ForwardingLog.AttemptFailed(_logger, remotePort, _pods.Description, e.Message);
                    if (target is not null)
                    {
                        _pods.Forget(target);
                    }
                }

                await Task.Delay(pause.Next(asked), _time, limit.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (limit.Passed)
        {
            PortForwardException error = PortForwardErrors.TimedOut(remotePort, _pods.Description, _options.OpenTimeout, last);
            Report(error.Message);
            throw error;
        }
        catch (OperationCanceledException) when (_disposed == 1)
        {
            throw new ObjectDisposedException(nameof(PodTunnel));
        }
        catch (DaskK8sException e)
        {
            Report(e.Message);
            throw;
        }
    }

    private void Report(string reason) => StateChanged?.Invoke(PortForwardState.Recovering, reason);

    /// <summary>Looks up the ready pod again, at most once per second, because a node refuses connections to a deleted pod.</summary>
    private void OnRefused(PodTarget target)
    {
        long last = Interlocked.Read(ref _refusedAt);
        long now = _time.GetTimestamp();
        if ((last == 0 || _time.GetElapsedTime(last, now) > LookAgainInterval) && Interlocked.CompareExchange(ref _refusedAt, now, last) == last)
        {
            _pods.Forget(target);
        }
    }

    private void OnPodChanged(PodTarget? pod)
    {
        if (pod is null)
        {
            Report("no pod is ready");
        }
        else
        {
            KeepWarm(TimeSpan.Zero);
        }
    }

    private void OnPodGone(string uid) => _ = AbandonAsync(uid);

    private async Task AbandonAsync(string uid)
    {
        try
        {
            // What the pod said last may still be on its way.
            await Task.Delay(GoneGrace, _time, _closing.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        int count = _ownSessions.Abandon(uid) + _socketSessions.Abandon(uid);
        if (count > 0)
        {
            ForwardingLog.PodGone(_logger, uid, count);
        }
    }

    private void OnSessionEnded(SpdySession session)
    {
        if (_disposed == 0)
        {
            KeepWarm(TimeSpan.Zero);
        }
    }

    /// <summary>Opens a session in the background if forwards are open and no session is ready.</summary>
    private void KeepWarm(TimeSpan delay)
    {
        lock (_gate)
        {
            if (Volatile.Read(ref _forwards) > 0 && Transport != PortForwardTransport.WebSocket && _warming.IsCompleted && _disposed == 0)
            {
                _warming = Task.Run(() => WarmAsync(delay));
            }
        }
    }

    private async Task WarmAsync(TimeSpan pause)
    {
        BackOff pauses = new(FirstPause, LongestWarmPause);
        while (Volatile.Read(ref _forwards) > 0)
        {
            await Task.Delay(pause, _time, _closing.Token).ConfigureAwait(false);
            try
            {
                PodTarget target = await _pods.GetAsync(_closing.Token).ConfigureAwait(false);
                await _socketSessions.WarmAsync(target, _likelyPort, _closing.Token).ConfigureAwait(false);
                StateChanged?.Invoke(PortForwardState.Connected, null);
                return;
            }
            catch (DaskK8sException e)
            {
                Report(e.Message);
                pause = pauses.Next(RetryAfter.Of(e, _time));
            }
        }
    }
}
