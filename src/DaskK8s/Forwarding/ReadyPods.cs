using System.Collections.Immutable;

using DaskK8s.Diagnostics;
using DaskK8s.KubeApi;

using k8s;
using k8s.Models;

using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DaskK8s.Forwarding;

/// <summary>
/// Keeps the ready pod of a label selector. It watches in the background once it is used, and asks anew on its own while somebody
/// waits, so that neither a silent watch nor a slow one keeps a connection from the pod.
/// </summary>
internal sealed class ReadyPods : IAsyncDisposable
{
    private static readonly TimeSpan AskInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);

    /// <summary>How long the watch leaves the connecting program's own calls alone.</summary>
    private static readonly TimeSpan WatchDelay = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly KubeConnection connection;
    private readonly KubeRequests requests;
    private readonly string labelSelector;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly SemaphoreSlim asking = new(1, 1);
    private readonly CancellationTokenSource closing = new();
    private readonly HashSet<string> seen = [];
    private PodTarget? current;
    private TaskCompletionSource changed = NewSignal();
    private Task? watching;
    private int disposed;

    /// <summary>Creates the source; nothing is asked yet.</summary>
    /// <param name="connection">The API server.</param>
    /// <param name="labelSelector">The pods to choose from.</param>
    /// <param name="first">A pod that is known to be ready, which spares the first list.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">The log of this area.</param>
    public ReadyPods(
        KubeConnection connection, string labelSelector, PodTarget? first = null, TimeProvider? timeProvider = null, ILogger? logger = null)
    {
        this.connection = connection;
        this.labelSelector = labelSelector;
        this.logger = logger ?? NullLogger.Instance;
        time = timeProvider ?? TimeProvider.System;
        requests = new KubeRequests(connection, new RetryOptions { MaxAttempts = 1 }, RequestTimeout, time, this.logger);
        current = first;
        if (first is not null)
        {
            seen.Add(first.Uid);
        }
    }

    /// <summary>Is raised with the ready pod when it has become another one, or null when there is none any more.</summary>
    public event Action<PodTarget?>? Changed;

    /// <summary>Is raised with the uid of a pod that does not exist any more or has ended.</summary>
    public event Action<string>? Gone;

    /// <summary>Gets what is looked for, for messages.</summary>
    public string Description => $"the pods '{labelSelector}' in namespace {connection.Namespace}";

    /// <summary>Gets the pod that is ready as far as is known.</summary>
    public PodTarget? Current => Volatile.Read(ref current);

    /// <summary>Says whether a pod can take connections.</summary>
    /// <param name="pod">The pod as the API server shows it.</param>
    /// <returns>True for a pod that is ready and not on its way out.</returns>
    public static bool IsReady(V1Pod pod) =>
        pod.Metadata.DeletionTimestamp is null &&
        pod.Status?.Phase == "Running" &&
        pod.Status.Conditions?.Any(c => c is { Type: "Ready", Status: "True" }) == true;

    /// <summary>Gives the ready pod, or waits for one.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The pod.</returns>
    /// <exception cref="KubernetesApiException">The API server refused to list the pods.</exception>
    public async ValueTask<PodTarget> GetAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task change;
            lock (gate)
            {
                watching ??= disposed == 0 ? Task.Run(WatchAsync, CancellationToken.None) : null;
                if (current is { } known)
                {
                    return known;
                }

                change = changed.Task;
            }

            if (await asking.WaitAsync(TimeSpan.Zero, cancellationToken).ConfigureAwait(false))
            {
                try
                {
                    Take(await ListAsync(cancellationToken).ConfigureAwait(false));
                }
                finally
                {
                    asking.Release();
                }

                if (Current is { } found)
                {
                    return found;
                }
            }

            using CancellationTokenSource pause = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(change, Task.Delay(AskInterval, time, pause.Token)).ConfigureAwait(false);
            await pause.CancelAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Tells that a pod could not be reached, so that the next call looks again.</summary>
    /// <param name="target">The pod that was used.</param>
    public void Forget(PodTarget target) => Interlocked.CompareExchange(ref current, null, target);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 1)
        {
            return;
        }

        await closing.CancelAsync().ConfigureAwait(false);
        if (watching is not null)
        {
            await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        closing.Dispose();
        asking.Dispose();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task WatchAsync()
    {
        await Task.Delay(WatchDelay, time, closing.Token).ConfigureAwait(false);
        while (true)
        {
            try
            {
                IAsyncEnumerable<ImmutableDictionary<string, V1Pod>> pods = KubeWatch.FollowAsync(
                    requests,
                    new KubernetesApiCall("list", "pods", "", connection.Namespace),
                    $"api/v1/namespaces/{connection.Namespace}/pods?labelSelector={Uri.EscapeDataString(labelSelector)}",
                    async (client, token) =>
                    {
                        V1PodList list = await client.CoreV1
                            .ListNamespacedPodAsync(connection.Namespace, labelSelector: labelSelector, cancellationToken: token)
                            .ConfigureAwait(false);
                        return (list.Items, list.Metadata?.ResourceVersion);
                    },
                    closing.Token);
                await foreach (ImmutableDictionary<string, V1Pod> all in pods.ConfigureAwait(false))
                {
                    Take([.. all.Values]);
                }
            }
            catch (Exception e) when (e is not OperationCanceledException || !closing.IsCancellationRequested)
            {
                // Whatever ended the watch, waiting connections ask on their own and the next watch begins with a list.
                ForwardingLog.WatchInterrupted(logger, labelSelector, e.Message);
            }

            await Task.Delay(AskInterval, time, closing.Token).ConfigureAwait(false);
        }
    }

    private async Task<IList<V1Pod>> ListAsync(CancellationToken cancellationToken) =>
        (await requests.RunOnceAsync(
            new KubernetesApiCall("list", "pods", "", connection.Namespace),
            (client, token) => client.CoreV1.ListNamespacedPodAsync(connection.Namespace, labelSelector: labelSelector, cancellationToken: token),
            cancellationToken).ConfigureAwait(false)).Items;

    /// <summary>Takes over what the API server says; a ready pod in use is kept while it is ready.</summary>
    private void Take(IList<V1Pod> pods)
    {
        List<string> gone;
        PodTarget? next;
        bool isChange;
        lock (gate)
        {
            V1Pod? pod = pods.FirstOrDefault(p => IsReady(p) && p.Metadata.Uid == current?.Uid)
                ?? pods.Where(IsReady).MaxBy(p => p.Metadata.CreationTimestamp);
            next = pod is null ? null : new PodTarget(pod.Metadata.NamespaceProperty, pod.Metadata.Name, pod.Metadata.Uid);
            HashSet<string> alive = [.. pods.Where(p => p.Status?.Phase is not ("Succeeded" or "Failed")).Select(p => p.Metadata.Uid)];
            gone = [.. seen.Where(uid => !alive.Contains(uid))];
            seen.ExceptWith(gone);
            seen.UnionWith(alive);
            isChange = next != current;
            current = next;
            if (next is not null)
            {
                changed.TrySetResult();
                changed = NewSignal();
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
            ForwardingLog.PodLost(logger, labelSelector);
        }
        else
        {
            ForwardingLog.PodChanged(logger, next);
        }

        Changed?.Invoke(next);
    }
}
