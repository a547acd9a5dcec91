using DaskK8s.Common;
using DaskK8s.Groups;

using k8s.Models;

namespace DaskK8s.Scaling.Lossless;

/// <summary>Checks whether a lossless scale-down is possible before anything is changed.</summary>
internal sealed class RetirementGuard(PodMarks marks, WorkerDrain? drain, ServerVersion version, GroupPlan plan, int target)
{
    private bool _isChecked;

    /// <summary>Gets whether the leaving pods can be selected.</summary>
    public bool MayChoose { get; private set; }

    /// <summary>Throws if a rollout would affect which pods leave.</summary>
    /// <remarks>Deletion costs only apply to pods of one ReplicaSet. If all pods leave, there is nothing to select.</remarks>
    /// <param name="view">The group.</param>
    /// <param name="aim">The number of pods that stay.</param>
    /// <exception cref="LosslessScaleDownException">A rollout is in progress.</exception>
    public void ThrowIfRollingOut(GroupView view, int aim)
    {
        if (view.IsRollingOut && aim > 0)
        {
            throw Refuse(LosslessScaleDownObstacle.RolloutInProgress, "a rollout replaces its pods, and Kubernetes shrinks old and new ones in proportion. Wait until it is done.");
        }
    }

    /// <summary>Checks that the pods can leave; pods that never ran leave first with every server version.</summary>
    /// <exception cref="LosslessScaleDownException">The pods cannot leave.</exception>
    public async Task CheckAsync(IReadOnlyList<ScaleDownCandidate> wanted, CancellationToken cancellationToken)
    {
        if (_isChecked)
        {
            return;
        }

        bool isTrivial = wanted.All(static v => v.IsPending);
        await CheckChoiceAsync(wanted, isTrivial, cancellationToken).ConfigureAwait(false);
        if (isTrivial)
        {
            return;
        }

        try
        {
            await drain!.CheckAsync(ScaleDownCandidate.AddressesOf(wanted), cancellationToken).ConfigureAwait(false);
        }
        catch (HomelessResultsException e)
        {
            throw Refuse(
                LosslessScaleDownObstacle.NoOtherWorker,
                FormattableString.Invariant($"{e.Keys} results are held only by the leaving workers, and no other worker can take them."));
        }

        _isChecked = true;
    }

    /// <summary>Asks the scheduler about the workers of some pods.</summary>
    /// <param name="pods">The pods.</param>
    /// <param name="need">The number of leaving pods.</param>
    /// <param name="ledger">The ledger of the scale-down, whose drained workers are held for longer.</param>
    /// <param name="leaving">The leaving pods: workers that connect from them receive no tasks.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The workers; empty if only pods that never ran leave and the scheduler cannot be reached.</returns>
    /// <exception cref="LosslessScaleDownException">The scheduler cannot be reached, so what a running pod holds is unknown.</exception>
    public async Task<IReadOnlyList<WorkerLoad>> LookAsync(
        IReadOnlyList<V1Pod> pods, int need, RetirementLedger ledger, IReadOnlyList<ScaleDownCandidate> leaving, CancellationToken cancellationToken)
    {
        if (drain is null)
        {
            return CandidateRanking.Rank(pods, [], plan.Container).Take(need).All(static v => v.IsPending)
                ? []
                : throw Refuse(LosslessScaleDownObstacle.SchedulerUnreachable, "the scheduler cannot be reached, so nothing can be moved off the workers.");
        }

        try
        {
            string[] hosts = [.. pods.SelectMany(static p => PodAddresses.Raw(p).Concat(PodAddresses.Of(p))).Distinct(StringComparer.Ordinal)];

            // An address may belong to another pod soon, whose worker would be kept out as well: no longer than is needed.
            Dictionary<string, TimeSpan> keepOut = leaving.Where(static v => v.Host is not null).GroupBy(static v => v.Host!)
                .ToDictionary(static g => g.Key, static g => g.Max(static v => v.Workers.Count == 0 ? v.Linger : TimeSpan.Zero), StringComparer.Ordinal);
            return (await drain.LookAsync(ledger.Id, hosts, keepOut, cancellationToken).ConfigureAwait(false)).Workers;
        }
        catch (Exception e) when (e is SchedulerUnreachableException or SchedulerTimeoutException && ledger.Drains == 0)
        {
            throw Refuse(LosslessScaleDownObstacle.SchedulerUnreachable, e.Message, e);
        }
    }

    /// <summary>Throws if the leaving pods cannot be selected.</summary>
    /// <exception cref="LosslessScaleDownException">They cannot be selected.</exception>
    public void ThrowIfNotChosen(IReadOnlyList<ScaleDownCandidate> leaving, int aim, IReadOnlyList<NotRetiredWorker> failed)
    {
        if (aim > 0 && !MayChoose && !leaving.All(static v => v.IsPending))
        {
            throw Refuse(
                LosslessScaleDownObstacle.ServerTooOld,
                $"not every worker could be drained ({string.Join("; ", failed.Select(static f => $"{f.Pod}: {f.Reason}"))}), and this server does not allow choosing the pods that leave.");
        }
    }

    public LosslessScaleDownException Refuse(LosslessScaleDownObstacle obstacle, string reason, Exception? inner = null) =>
        new(obstacle, plan.Name, target, reason, inner);

    /// <summary>Returns the exception for leaving pods with unknown workers.</summary>
    public LosslessScaleDownException RefuseUnknown(IReadOnlyList<ScaleDownCandidate> unknown) => plan.OtherScheduler is { } other
        ? Refuse(
            LosslessScaleDownObstacle.OtherScheduler,
            $"its workers connect to another scheduler, {other}, so their results can be neither seen nor moved from here. "
            + "Connect to that scheduler (HelmClusterOptions.SchedulerAddress) and scale the group from there.")
        : Refuse(
            LosslessScaleDownObstacle.WorkersUnknown,
            $"{unknown[0].Name}: {unknown[0].WhatIsUnknown()}{(unknown.Count > 1 ? $" (and {Words.Count(unknown.Count - 1, "pod")} more)" : "")}. "
            + "The workers may belong to another scheduler, or may have lost theirs; check their logs.");

    private async Task CheckChoiceAsync(IReadOnlyList<ScaleDownCandidate> wanted, bool isTrivial, CancellationToken cancellationToken)
    {
        try
        {
            (int major, int minor, string text) = await version.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (major == 1 && minor < 22)
            {
                ThrowIfChoiceNeeded(isTrivial, LosslessScaleDownObstacle.ServerTooOld, $"the API server is {text}, and up to 1.21 it chooses the pods that leave by itself.");
            }
            else
            {
                await marks.TryAsync(wanted[^1].Pod, cancellationToken).ConfigureAwait(false);
                MayChoose = true;
            }
        }
        catch (KubernetesForbiddenException e)
        {
            ThrowIfChoiceNeeded(isTrivial, LosslessScaleDownObstacle.PodsMayNotBePatched, $"the pods that leave cannot be chosen. {e.Message}", e);
        }
        catch (KubernetesNotFoundException)
        {
            // The pod has gone since it was listed, so there is no right to see: the plan is made again, or its marks will tell.
            MayChoose = true;
        }
    }

    private void ThrowIfChoiceNeeded(bool isTrivial, LosslessScaleDownObstacle obstacle, string reason, Exception? inner = null)
    {
        if (target > 0 && !isTrivial)
        {
            throw Refuse(obstacle, reason, inner);
        }
    }
}
