using DaskK8s.Groups;
using DaskK8s.Kubernetes;

using k8s;
using k8s.Models;

namespace DaskK8s.Scaling.Lossless;

/// <summary>Undoes what scalings of interrupted clients left behind: expired marks, and workers that accept no tasks.</summary>
internal sealed class StrayRecovery(KubeRequests requests, string release, WorkerDrain? drain, Workloads workloads)
{
    private const string Holder = "recovery";

    /// <summary>Recovers the release's groups; this takes one list of the marked pods, which is usually empty.</summary>
    /// <remarks>Errors do not fail the scaling: the next one tries again.</remarks>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        string @namespace = requests.Connection.Namespace;
        try
        {
            V1PodList marked = await requests.RunAsync(
                new KubernetesApiCall("list", "pods", "", @namespace),
                (client, ct) => client.CoreV1.ListNamespacedPodAsync(@namespace, labelSelector: $"release={release},{PodMarks.MarkAnnotation}", cancellationToken: ct),
                cancellationToken).ConfigureAwait(false);
            V1Pod[] strays =
            [
                .. marked.Items.Where(p => workloads.IsOwn(p) && p.Metadata.DeletionTimestamp is null
                    && (PodMarks.Read(p) is not { } mark || mark.Until < requests.TimeProvider.GetUtcNow())),
            ];
            if (strays.Length == 0)
            {
                return;
            }

            PodMarks marks = new(requests);
            foreach (V1Pod stray in strays)
            {
                await marks.ClearAsync(stray, cancellationToken).ConfigureAwait(false);
                ScalingLog.StrayCleared(requests.Logger, release, stray.Metadata.Name);
            }

            string[] hosts = [.. strays.Select(static p => p.Status?.PodIP).OfType<string>()];
            if (drain is not null && hosts.Length > 0)
            {
                (IReadOnlyList<WorkerLoad> workers, _) = await drain.LookAsync(Holder, hosts, new Dictionary<string, TimeSpan>(), cancellationToken).ConfigureAwait(false);
                string[] retired = [.. workers.Where(static w => w is { IsRetired: true, IsHeld: false }).Select(static w => w.Address)];
                await drain.ReleaseAsync(Holder, [], retired, [], cancellationToken).ConfigureAwait(false);
            }
        }
        catch (DaskK8sException e)
        {
            ScalingLog.NotUndone(requests.Logger, release, e.Message);
        }
    }
}
