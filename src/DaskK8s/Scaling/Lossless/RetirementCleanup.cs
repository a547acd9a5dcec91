using DaskK8s.Kubernetes;

using k8s.Models;

namespace DaskK8s.Scaling.Lossless;

/// <summary>Restores the staying pods after a lossless scale-down, including when it failed or was cancelled.</summary>
internal sealed class RetirementCleanup(KubeRequests requests, WorkerDrain? drain, RetirementGroup group, RetirementMarks marks, string name)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    public async Task RunAsync(RetirementLedger ledger)
    {
        if (ledger.Touched.Count == 0)
        {
            return;
        }

        using CancellationTokenSource limit = new(Limit, requests.TimeProvider);
        try
        {
            // As long as the group has not come to rest nobody knows who of them stays, and who leaves must not take work again.
            // The module on the scheduler brings back what is not told of.
            GroupView? view = ledger.Touched.All(ledger.HasLeft) ? null : await group.ReadSettledAsync(null, limit.Token).ConfigureAwait(false);
            Dictionary<string, V1Pod> live = view?.Live.ToDictionary(static p => p.Metadata.Uid) ?? [];
            ScaleDownCandidate[] stay = [.. ledger.Touched.Where(v => live.ContainsKey(v.Uid) && !ledger.HasLeft(v))];
            string[] gone = [.. ledger.Touched.Where(v => ledger.HasLeft(v) || (view is not null && !live.ContainsKey(v.Uid))).SelectMany(static v => v.Addresses)];
            bool restored = drain is null
                || await drain.ReleaseAsync(
                    ledger.Id, gone, [.. stay.SelectMany(static v => v.Addresses)], [.. stay.Select(v => live[v.Uid].Status?.PodIP).OfType<string>()], limit.Token).ConfigureAwait(false);
            foreach (ScaleDownCandidate candidate in stay)
            {
                await BringBackAsync(candidate, live[candidate.Uid], restored, ledger, limit.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is DaskK8sException or OperationCanceledException)
        {
            // The scaling's own end, good or bad, is what the caller must see.
            ScalingLog.NotUndone(requests.Logger, name, e.Message);
        }
    }

    /// <summary>Removes the mark from a staying pod; if its workers could not be restored, deletes the pod so that a new one replaces it.</summary>
    private async Task BringBackAsync(ScaleDownCandidate candidate, V1Pod pod, bool restored, RetirementLedger ledger, CancellationToken cancellationToken)
    {
        if (!restored && ledger.IsDrained(candidate))
        {
            await marks.DeleteAsync(pod, cancellationToken).ConfigureAwait(false);
            ScalingLog.StayedPodDeleted(requests.Logger, name, candidate.Name);
        }
        else if (PodMarks.Read(pod)?.Id == ledger.Id)
        {
            await marks.ClearAsync(pod, cancellationToken).ConfigureAwait(false);
        }
    }
}
