using System.Net;
using System.Net.WebSockets;

using DaskK8s.Diagnostics;
using DaskK8s.KubeApi;

using Microsoft.Extensions.Logging;

namespace DaskK8s.Forwarding;

/// <summary>Opens connections to any port of the ready pod, whichever pod that is at the time.</summary>
internal sealed class PodTunnel : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly KubeConnection connection;
    private readonly ReadyPods pods;
    private readonly TunnelOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly CancellationTokenSource closing = new();
    private int disposed;

    /// <summary>Creates the tunnel; nothing is opened yet.</summary>
    /// <param name="connection">The API server.</param>
    /// <param name="pods">The pods to reach; disposed with the tunnel.</param>
    /// <param name="options">The limits.</param>
    /// <param name="logger">The log of this area.</param>
    /// <param name="timeProvider">The clock.</param>
    public PodTunnel(KubeConnection connection, ReadyPods pods, TunnelOptions options, ILogger logger, TimeProvider? timeProvider = null)
    {
        this.connection = connection;
        this.pods = pods;
        this.options = options;
        this.logger = logger;
        time = timeProvider ?? TimeProvider.System;
    }

    /// <summary>Is raised, from any thread, when the way to the pod came, went or changed; the text says why where it went.</summary>
    public event Action<PortForwardState, string?>? StateChanged;

    /// <summary>Gets the transport that was agreed last.</summary>
    public PortForwardTransport Transport { get; private set; }

    /// <summary>Gets the limits.</summary>
    public TunnelOptions Options => options;

    /// <summary>Opens a connection to a port of the ready pod, waiting for pod and API server up to the limit.</summary>
    /// <param name="remotePort">The port inside the pod.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>
    /// The connection. A pod that refuses it says so a moment later: the first read then throws <see cref="PortForwardException"/>.
    /// </returns>
    /// <exception cref="PortForwardException">No way was found within the limit, or the API server refused for good.</exception>
    public async ValueTask<TunnelStream> OpenAsync(int remotePort, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(disposed == 1, this);
        using CancellationTokenSource limit = new(options.OpenTimeout, time);
        using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken, closing.Token);
        TimeSpan pause = FirstPause;
        Exception? last = null;
        try
        {
            while (true)
            {
                try
                {
                    PodTarget target = await pods.GetAsync(linked.Token).ConfigureAwait(false);
                    TunnelStream stream = await OpenAsync(target, remotePort, linked.Token).ConfigureAwait(false);
                    StateChanged?.Invoke(PortForwardState.Connected, null);
                    return stream;
                }
                catch (PortForwardException e) when (e.StatusCode is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden))
                {
                    last = e;
                    StateChanged?.Invoke(PortForwardState.Recovering, e.Message);
                    ForwardingLog.AttemptFailed(logger, remotePort, pods.Description, e.Message);
                }

                await Task.Delay(pause, time, linked.Token).ConfigureAwait(false);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            PortForwardException error = PortForwardErrors.TimedOut(remotePort, pods.Description, options.OpenTimeout, last);
            StateChanged?.Invoke(PortForwardState.Recovering, error.Message);
            throw error;
        }
        catch (OperationCanceledException) when (disposed == 1)
        {
            throw new ObjectDisposedException(nameof(PodTunnel));
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
        {
            await closing.CancelAsync().ConfigureAwait(false);
            closing.Dispose();
            pods.Dispose();
        }
    }

    private async ValueTask<TunnelStream> OpenAsync(PodTarget target, int remotePort, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = new(options.UpgradeTimeout, time);
        using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            WebSocket socket = await PodUpgrade
                .ToWebSocketAsync(connection, target, remotePort, WebSocketTunnelStream.Protocol, options.KeepAliveInterval, linked.Token)
                .ConfigureAwait(false);
            Transport = PortForwardTransport.WebSocket;
            ForwardingLog.Opened(logger, remotePort, target, Transport);
            return new WebSocketTunnelStream(socket, target, remotePort);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw PortForwardErrors.TimedOut(remotePort, $"pod {target}", options.UpgradeTimeout, e);
        }
        catch (PortForwardException)
        {
            pods.Forget(target);
            throw;
        }
    }
}
