using DaskK8s.Groups;
using DaskK8s.Kubernetes;

using k8s.Models;

namespace DaskK8s.Scaling.Lossless;

/// <summary>Reads the group that a lossless scale-down works on.</summary>
/// <remarks>Its pods are listed once and then watched; the watch stays open for a while for the next scale-down.</remarks>
internal sealed class RetirementGroup(KubeRequests requests, Workloads workloads, GroupPlan plan) : IAsyncDisposable
{
    /// <summary>The time after which a wait lists the pods itself, in case the watch has stalled.</summary>
    public static readonly TimeSpan Trust = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan CompleteLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan SteadyLimit = TimeSpan.FromSeconds(10);

    private readonly PodFollow _pods = new(workloads, requests.TimeProvider);
    private (IReadOnlyList<V1Pod> Pods, GroupView View)? _last;

    /// <summary>Reads the group.</summary>
    /// <param name="atLeast">The minimum version of its pods; null to list them again.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The group.</returns>
    public async Task<GroupView> ReadAsync(ulong? atLeast, CancellationToken cancellationToken)
    {
        WorkloadSnapshot snapshot = await (atLeast is { } version
            ? workloads.ReadAsync(ct => _pods.ReadAsync(version, ct), cancellationToken)
            : workloads.ReadAsync(cancellationToken)).ConfigureAwait(false);
        if (_last is { } last && ReferenceEquals(last.Pods, snapshot.Pods)
            && snapshot.FindDeployment(plan.DeploymentName)?.Metadata.ResourceVersion == last.View.Deployment.Metadata.ResourceVersion)
        {
            // Nothing has changed: a group of ten thousand is not put together anew for each look.
            return last.View;
        }

        GroupView view = GroupView.From(snapshot, plan.DeploymentName)
            ?? throw new KubernetesNotFoundException(
                $"The Deployment {plan.DeploymentName} of worker group {plan.Name} is gone. Was the release uninstalled or upgraded?",
                new KubernetesApiCall("get", "deployments", "apps", requests.Connection.Namespace, plan.DeploymentName),
                404);
        _last = (snapshot.Pods, view);
        return view;
    }

    /// <summary>Waits until Kubernetes has completed the previous scaling, so that the pods that it removes are not candidates.</summary>
    /// <param name="atLeast">The minimum version of its pods; null to list them again.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The group, or null if it did not settle.</returns>
    public async Task<GroupView?> ReadSettledAsync(ulong? atLeast, CancellationToken cancellationToken)
    {
        long start = requests.TimeProvider.GetTimestamp();
        while (true)
        {
            GroupView view = await ReadAsync(requests.TimeProvider.GetElapsedTime(start) > Trust ? null : atLeast, cancellationToken).ConfigureAwait(false);
            TimeSpan waited = requests.TimeProvider.GetElapsedTime(start);

            // A pod that is still to be created could come between the plan and the change. A quota may keep it away for good.
            if (view.IsSettled && (view.IsComplete || waited > CompleteLimit))
            {
                return view;
            }

            if (waited > SettleLimit)
            {
                return null;
            }

            await PauseAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until starting pods can no longer change which pods leave; gives up on pods that are stuck.</summary>
    /// <param name="leaving">The uids of the leaving pods.</param>
    /// <param name="areKeptOut">Whether the scheduler keeps tasks from workers at known addresses, so that addresses are awaited too.</param>
    /// <param name="atLeast">The minimum version of its pods; null to list them again.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The group.</returns>
    public async Task<GroupView> ReadSteadyAsync(IReadOnlySet<string> leaving, bool areKeptOut, ulong? atLeast, CancellationToken cancellationToken)
    {
        long start = requests.TimeProvider.GetTimestamp();
        while (true)
        {
            GroupView view = await ReadAsync(requests.TimeProvider.GetElapsedTime(start) > Trust ? null : atLeast, cancellationToken).ConfigureAwait(false);
            bool isSteady = CandidateRanking.IsSteady(view.Live, leaving) && (!areKeptOut || CandidateRanking.HaveAddresses(view.Live, leaving));
            if (isSteady || requests.TimeProvider.GetElapsedTime(start) > SteadyLimit)
            {
                return view;
            }

            await PauseAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync() => _pods.DisposeAsync();

    public Task PauseAsync(CancellationToken cancellationToken) => Task.Delay(Poll, requests.TimeProvider, cancellationToken);
}
