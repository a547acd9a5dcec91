using k8s;
using k8s.Autorest;
using k8s.Models;

using DaskK8s.KubeApi;

namespace DaskK8s.Forwarding;

/// <summary>Waits until there is a ready pod.</summary>
/// <param name="cancellationToken">Ends the wait.</param>
/// <returns>The pod to use.</returns>
internal delegate ValueTask<PodTarget> ReadyPodSource(CancellationToken cancellationToken);

/// <summary>Keeps the ready pod of a label selector: asked for only when the last answer was found to be stale.</summary>
internal sealed class ReadyPods : IDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);

    private readonly KubeConnection connection;
    private readonly string labelSelector;
    private readonly TimeProvider time;
    private readonly SemaphoreSlim listing = new(1, 1);
    private PodTarget? current;

    /// <summary>Creates the source; nothing is asked yet.</summary>
    /// <param name="connection">The API server.</param>
    /// <param name="labelSelector">The pods to choose from.</param>
    /// <param name="first">A pod that is known to be ready, which spares the first list.</param>
    /// <param name="timeProvider">The clock.</param>
    public ReadyPods(KubeConnection connection, string labelSelector, PodTarget? first = null, TimeProvider? timeProvider = null)
    {
        this.connection = connection;
        this.labelSelector = labelSelector;
        current = first;
        time = timeProvider ?? TimeProvider.System;
    }

    /// <summary>Gets what is looked for, for messages.</summary>
    public string Description => $"the pods '{labelSelector}' in namespace {connection.Namespace}";

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
    /// <exception cref="PortForwardException">The API server refused to list the pods.</exception>
    public async ValueTask<PodTarget> GetAsync(CancellationToken cancellationToken)
    {
        if (current is { } known)
        {
            return known;
        }

        await listing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (current is null)
            {
                current = await ListAsync(cancellationToken).ConfigureAwait(false);
                if (current is null)
                {
                    await Task.Delay(PollInterval, time, cancellationToken).ConfigureAwait(false);
                }
            }

            return current;
        }
        finally
        {
            listing.Release();
        }
    }

    /// <summary>Tells that a pod could not be reached, so that the next call looks again.</summary>
    /// <param name="target">The pod that was used.</param>
    public void Forget(PodTarget target) => Interlocked.CompareExchange(ref current, null, target);

    public void Dispose() => listing.Dispose();

    private async Task<PodTarget?> ListAsync(CancellationToken cancellationToken)
    {
        try
        {
            V1PodList pods = await connection.Client.CoreV1
                .ListNamespacedPodAsync(connection.Namespace, labelSelector: labelSelector, cancellationToken: cancellationToken)
                .ConfigureAwait(false);
            V1Pod? pod = pods.Items.Where(IsReady).MaxBy(p => p.Metadata.CreationTimestamp);
            return pod is null ? null : new PodTarget(pod.Metadata.NamespaceProperty, pod.Metadata.Name, pod.Metadata.Uid);
        }
        catch (HttpOperationException e)
        {
            // The exception itself holds the request's headers and stays here.
            throw new PortForwardException($"The API server answered {(int)e.Response.StatusCode} to a list of {Description}.")
            {
                StatusCode = e.Response.StatusCode,
                Namespace = connection.Namespace,
            };
        }
        catch (HttpRequestException e)
        {
            throw new PortForwardException($"The API server could not be reached for a list of {Description}: {e.Message}", e)
            {
                Namespace = connection.Namespace,
            };
        }
    }
}
