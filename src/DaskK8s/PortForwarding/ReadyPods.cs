using DaskK8s.Common;
using DaskK8s.Kubernetes;
using DaskK8s.PortForwarding.Tunnels;

using k8s;
using k8s.Models;

using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DaskK8s.PortForwarding;

/// <summary>
/// Tracks the ready pod of a label selector. Once used, it watches in the background. While a caller waits, it also polls, so that neither
/// a silent watch nor a slow one delays a connection to the pod.
/// </summary>
internal sealed class ReadyPods : IAsyncDisposable
{
    private static readonly TimeSpan AskInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);

    /// <summary>The time before the watch starts, to give priority to the application's first calls.</summary>
    private static readonly TimeSpan WatchDelay = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly KubeConnection _connection;
    private readonly KubeRequests _requests;
    private readonly string _labelSelector;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _asking = new(1, 1);
    private readonly CancellationTokenSource _closing = new();
    private readonly HashSet<string> _seen = [];
    private PodTarget? _current;
    private TaskCompletionSource _changed = NewSignal();
    private Task? _watching;
    private int _disposed;

    /// <summary>Creates the source; no request is sent yet.</summary>
    /// <param name="connection">The API server.</param>
    /// <param name="labelSelector">The pods to choose from.</param>
    /// <param name="first">A pod that is known to be ready, which saves the first list request.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">The logger of this component.</param>
    public ReadyPods(
        KubeConnection connection, string labelSelector, PodTarget? first = null, TimeProvider? timeProvider = null, ILogger? logger = null)
    {
        _connection = connection;
        _labelSelector = labelSelector;
        _logger = logger ?? NullLogger.Instance;
        _time = timeProvider ?? TimeProvider.System;
        _requests = new KubeRequests(_connection, new RetryOptions { MaxAttempts = 1 }, RequestTimeout, _time, _logger);
        _current = first;
        if (first is not null)
        {
            _seen.Add(first.Uid);
        }
    }

    /// <summary>Occurs when the ready pod changes; null when no pod is ready.</summary>
    public event Action<PodTarget?>? Changed;

    /// <summary>Occurs with the UID of a pod that was deleted or has ended.</summary>
    public event Action<string>? Gone;

    /// <summary>Gets a description of the pods, for messages.</summary>
    public string Description => $"the pods '{_labelSelector}' in namespace {_connection.Namespace}";

    /// <summary>Gets the last known ready pod.</summary>
    public PodTarget? Current => Volatile.Read(ref _current);

    /// <summary>Determines whether a pod can accept connections.</summary>
    /// <param name="pod">The pod as returned by the API server.</param>
    /// <returns>True for a pod that is ready and not terminating.</returns>
    public static bool IsReady(V1Pod pod) =>
        pod.Metadata.DeletionTimestamp is null &&
        pod.Status?.Phase == "Running" &&
        pod.Status.Conditions?.Any(c => c is { Type: "Ready", Status: "True" }) == true;

    /// <summary>Returns the ready pod, or waits for one.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The pod.</returns>
    /// <exception cref="KubernetesApiException">The API server denied listing the pods.</exception>
    public async ValueTask<PodTarget> GetAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task change;
            lock (_gate)
            {
                _watching ??= _disposed == 0 ? Task.Run(WatchAsync, CancellationToken.None) : null;
                if (_current is { } known)
                {
                    return known;
                }

                change = _changed.Task;
            }

            if (await _asking.WaitAsync(TimeSpan.Zero, cancellationToken).ConfigureAwait(false))
            {
                try
                {
                    Take(await ListAsync(cancellationToken).ConfigureAwait(false));
                }
                finally
                {
                    _asking.Release();
                }

                if (Current is { } found)
                {
                    return found;
                }
            }

            using CancellationTokenSource pause = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(change, Task.Delay(AskInterval, _time, pause.Token)).ConfigureAwait(false);
            await pause.CancelAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Records that a pod could not be reached, so that the next call looks it up again.</summary>
    /// <param name="target">The pod that was used.</param>
    public void Forget(PodTarget target) => Interlocked.CompareExchange(ref _current, null, target);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
        {
            return;
        }

        await _closing.CancelAsync().ConfigureAwait(false);
        if (_watching is not null)
        {
            await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _closing.Dispose();
        _asking.Dispose();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task WatchAsync()
    {
        await Task.Delay(WatchDelay, _time, _closing.Token).ConfigureAwait(false);
        BackOff pause = new(AskInterval, LongestPause);
        while (true)
        {
            TimeSpan? asked = null;
            try
            {
                IAsyncEnumerable<Followed<V1Pod>> pods = KubeWatch.FollowAsync(
                    _requests,
                    new KubernetesApiCall("list", "pods", "", _connection.Namespace),
                    $"api/v1/namespaces/{_connection.Namespace}/pods?labelSelector={Uri.EscapeDataString(_labelSelector)}",
                    async (client, token) =>
                    {
                        V1PodList list = await client.CoreV1
                            .ListNamespacedPodAsync(_connection.Namespace, labelSelector: _labelSelector, cancellationToken: token)
                            .ConfigureAwait(false);
                        return (list.Items, list.Metadata?.ResourceVersion);
                    },
                    _closing.Token);
                await foreach (Followed<V1Pod> all in pods.ConfigureAwait(false))
                {
                    Take([.. all.Items.Values]);
                    pause.Reset();
                }
            }
            catch (Exception e) when (e is not OperationCanceledException || !_closing.IsCancellationRequested)
            {
                // Whatever ended the watch, waiting connections ask on their own and the next watch begins with a list.
                asked = RetryAfter.Of(e, _time);
                ForwardingLog.WatchInterrupted(_logger, _labelSelector, e.Message);
            }

            await Task.Delay(pause.Next(asked), _time, _closing.Token).ConfigureAwait(false);
        }
    }

    private async Task<IList<V1Pod>> ListAsync(CancellationToken cancellationToken) =>
        (await _requests.RunOnceAsync(
            new KubernetesApiCall("list", "pods", "", _connection.Namespace),
            (client, token) => client.CoreV1.ListNamespacedPodAsync(_connection.Namespace, labelSelector: _labelSelector, cancellationToken: token),
            cancellationToken).ConfigureAwait(false)).Items;

    /// <summary>Applies the API server's response; a ready pod in use is kept while it is ready.</summary>
    private void Take(IList<V1Pod> pods)
    {
        List<string> gone;
        PodTarget? next;
        bool isChange;
        lock (_gate)
        {
            V1Pod? pod = pods.FirstOrDefault(p => IsReady(p) && p.Metadata.Uid == _current?.Uid)
                ?? pods.Where(IsReady).MaxBy(p => p.Metadata.CreationTimestamp);
            next = pod is null ? null : new PodTarget(pod.Metadata.NamespaceProperty, pod.Metadata.Name, pod.Metadata.Uid);
            HashSet<string> alive = [.. pods.Where(p => p.Status?.Phase is not ("Succeeded" or "Failed")).Select(p => p.Metadata.Uid)];
            gone = [.. _seen.Where(uid => !alive.Contains(uid))];
            _seen.ExceptWith(gone);
            _seen.UnionWith(alive);
            isChange = next != _current;
            _current = next;
            if (next is not null)
            {
                _changed.TrySetResult();
                _changed = NewSignal();
            }
        }

        foreach (string uid in gone)
        {
            Gone?.Invoke(uid);
        }

        if (!isChange)
        {
            return;
        }

        if (next is null)
        {
            ForwardingLog.PodLost(_logger, _labelSelector);
        }
        else
        {
            ForwardingLog.PodChanged(_logger, next);
        }

        Changed?.Invoke(next);
    }
}
