using System.Globalization;

using DaskK8s.Causes;
using DaskK8s.Common;
using DaskK8s.Dask.Protocol;
using DaskK8s.Dask.Rpc;
using DaskK8s.Groups;
using DaskK8s.Kubernetes;
using DaskK8s.Kubernetes.Config;
using DaskK8s.PortForwarding;
using DaskK8s.PortForwarding.Tunnels;
using DaskK8s.Reach;

using k8s.Models;

namespace DaskK8s.Cluster;

/// <summary>Connects a cluster object to its scheduler, or explains why this is not possible.</summary>
internal sealed class SchedulerConnector(HelmClusterOptions options, KubeRequests requests, Workloads workloads, ReleaseState state)
{
    private static readonly TimeSpan DirectDialTime = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan ExplanationTime = TimeSpan.FromMilliseconds(800);
    private const int GreetingsPerProbe = 8;
    private static readonly TimeSpan BetweenGreetings = TimeSpan.FromMilliseconds(250);

    private string? _waitsFor;

    /// <summary>Gets the reason why the scheduler is deliberately not connected, or null.</summary>
    public string? NotReached { get; private set; }

    /// <summary>Lists the scheduler's pods (normally one); worker pods are read only on request.</summary>
    public Task<IList<V1Pod>> ListPodsAsync(CancellationToken cancellationToken) => options.SchedulerAccess == SchedulerAccess.None
        ? Task.FromResult<IList<V1Pod>>([])
        : workloads.ListComponentAsync(options.SchedulerComponent, cancellationToken);

    /// <summary>Opens a connection to the scheduler and requests its identity.</summary>
    /// <param name="snapshot">The release's Deployments, and the scheduler's pods.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <returns>The connection, or null if none is allowed.</returns>
    /// <exception cref="SchedulerUnreachableException">The scheduler is not there, or does not answer.</exception>
    public async Task<SchedulerLink?> OpenAsync(WorkloadSnapshot snapshot, CancellationToken cancellationToken)
    {
        ReleasePlan plan = state.Plan;
        // A scheduler that speaks TLS is never spoken to in the clear: without certificates the error names the option that gives them.
        ReachOptions reach = options.Tls is null && plan.Scheduler.UsesTls && options.SchedulerAddress is null ? options.Reach with { Tls = new DaskTlsOptions() } : options.Reach;
        bool inCluster = options.Kubernetes is null && requests.Connection.Context is null && KubeConfigEnvironment.System.IsInCluster;
        if (plan.Scheduler is { IsServiceDead: true } dead)
        {
            state.Limit(new ClusterLimitation(
                "The scheduler's Service",
                string.Create(CultureInfo.InvariantCulture, $"the scheduler listens on port {dead.PodPort} of its pod and its Service leads to port {dead.TargetPort}, so no worker can reach it. ")
                + "The chart does so when scheduler.servicePort is not 8786: set it back, or add --port=8786 to scheduler.extraArgs."));
        }

        SchedulerRoute route = await new SchedulerLocator(requests, reach, inCluster, requests.Logger, text => _waitsFor = text)
            .LocateAsync(plan.Scheduler, cancellationToken).ConfigureAwait(false);
        if (route.Kind == SchedulerRouteKind.None)
        {
            NotReached = $"{nameof(HelmClusterOptions)}.{nameof(HelmClusterOptions.SchedulerAccess)} is {options.SchedulerAccess}, so the scheduler is not used. Connect with another value to use it.";
            return null;
        }

        bool isOwn = plan.SchedulerDeployment.Length > 0 && options.SchedulerAddress is null;
        if (isOwn && !snapshot.Pods.Any(p => PodOwners.DeploymentOf(p) == plan.SchedulerDeployment))
        {
            // The release calls its scheduler otherwise, or its objects are in another namespace.
            snapshot = snapshot with { Pods = [.. await workloads.ListPodsAsync(plan.Scheduler.PodSelector, cancellationToken).ConfigureAwait(false)] };
        }

        if (isOwn && (SchedulerPresence.Explain(state.Name, state.Namespace, plan.SchedulerDeployment, snapshot.Deployments)
            ?? SchedulerPresence.ExplainNode(plan.SchedulerDeployment, snapshot.Pods)) is { } missing)
        {
            throw new SchedulerUnreachableException(plan.Scheduler.ServiceName, $"{missing} {plan.Release.StatusExplanation}".TrimEnd()) { IsGone = true };
        }

        SchedulerAbsence? absence = isOwn ? new SchedulerAbsence(ExplainAbsenceAsync, requests.TimeProvider) : null;

        if (route.Kind == SchedulerRouteKind.Direct)
        {
            try
            {
                // An address that was given is either right or wrong; a Service may have its pod in a moment.
                TimeSpan? within = route.MayFallBackToForward ? DirectDialTime : isOwn ? null : options.SchedulerTimeout;
                return await GreetAsync(SchedulerLink.Dial(route, reach, absence), within, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (!isOwn && options.SchedulerAddress is null && e is SchedulerUnreachableException or SchedulerTimeoutException)
            {
                throw new SchedulerUnreachableException(
                    route.Address!,
                    $"Release {state.Name} has no scheduler of its own; its workers use {route.Address} (worker.custom_scheduler_url), which is not reached from here. {e.Message} "
                    + $"Set an address that can be reached from here: {nameof(HelmClusterOptions)}.{nameof(HelmClusterOptions.SchedulerAddress)}.",
                    e);
            }
            catch (Exception e) when (route.MayFallBackToForward && e is SchedulerUnreachableException or SchedulerTimeoutException)
            {
                ReachLog.RouteChosen(requests.Logger, "by a forward", "it cannot be reached directly");
            }
        }

        try
        {
            PodTarget? first = plan.SchedulerDeployment.Length > 0 && snapshot.FindDeployment(plan.SchedulerDeployment) is { } deployment
                ? snapshot.PodsOf(deployment).Where(ReadyPods.IsReady).Select(static p => new PodTarget(p.Metadata.NamespaceProperty, p.Metadata.Name, p.Metadata.Uid)).FirstOrDefault()
                : null;
            SchedulerLink link = await SchedulerLink.ForwardAsync(requests.Connection, plan.Scheduler, first, reach, absence).ConfigureAwait(false);
            return await GreetAsync(link, null, cancellationToken).ConfigureAwait(false);
        }
        catch (KubernetesForbiddenException e) when (options.SchedulerAccess != SchedulerAccess.Forward)
        {
            try
            {
                if (route.Kind == SchedulerRouteKind.Direct)
                {
                    // A forward is asked for when the pod is ready; the direct way may have been closed only because it was not.
                    return await GreetAsync(SchedulerLink.Dial(route, reach, absence), DirectDialTime, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (Exception closed) when (closed is SchedulerUnreachableException or SchedulerTimeoutException)
            {
                ReachLog.RouteChosen(requests.Logger, "not at all", "it cannot be reached directly, and a forward is not allowed");
            }

            state.Limit(new ClusterLimitation(
                "The scheduler: its state, running work, lossless scaling",
                "A forward to its pod is not allowed, and there is no other way to reach it. Groups, scaling and logs work; waiting sees pods only.",
                e.Call));
            return null;
        }
    }

    /// <summary>Returns the error of a connection attempt that timed out.</summary>
    /// <param name="cancellationToken">Cancels the diagnosis of the scheduler's pod.</param>
    /// <returns>The error.</returns>
    public async Task<DaskK8sException> NotInTimeAsync(CancellationToken cancellationToken)
    {
        if (!state.IsRead)
        {
            return KubeErrors.NotConnected(state.Name, state.Namespace, options.ConnectTimeout, requests.Connection.BaseUri);
        }

        string? pod = await ExplainSchedulerAsync(cancellationToken).ConfigureAwait(false);
        string waiting = _waitsFor ?? "the scheduler has not answered";
        waiting = pod is null ? waiting : $"{waiting.TrimEnd('.')}; {pod}";
        return new SchedulerUnreachableException(
            "",
            string.Create(CultureInfo.InvariantCulture, $"Could not connect to release {state.Name} within {options.ConnectTimeout.TotalSeconds:0.#} s: {waiting}. {string.Concat(state.Limitations.Select(static l => $"{l} "))}")
            + $"Look at the scheduler's pod, or raise {nameof(HelmClusterOptions)}.{nameof(HelmClusterOptions.ConnectTimeout)}.");
    }

    /// <summary>Returns why the scheduler's pod is not ready, to explain an error; null if it is ready or cannot be read.</summary>
    private async Task<string?> ExplainSchedulerAsync(CancellationToken cancellationToken)
    {
        if (state is not { IsRead: true, Plan: { SchedulerDeployment: { Length: > 0 } deployment } plan })
        {
            return null;
        }

        using TimeLimit limit = new(ExplanationTime, requests.TimeProvider, cancellationToken);
        try
        {
            V1Pod[] pods = [.. (await workloads.ListPodsAsync(plan.Scheduler.PodSelector, limit.Token).ConfigureAwait(false)).Where(p => PodOwners.DeploymentOf(p) == deployment)];
            IEnumerable<string> causes = pods
                .Select(p => PodDiagnosis.Of(p, null, requests.TimeProvider.GetUtcNow()))
                .OfType<PodCause>()
                .Select(static c => $"its pod {c.Pod}: {c.Text}");
            return pods.Length == 0 ? $"Deployment {deployment} has no pod" : pods.Any(PodDiagnosis.IsReady) ? null : string.Join("; ", causes);
        }
        catch (Exception e) when (e is DaskK8sException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Returns why there is no scheduler; null if there should be one or this cannot be read.</summary>
    private async Task<string?> ExplainAbsenceAsync(CancellationToken cancellationToken)
    {
        try
        {
            return SchedulerPresence.Explain(
                state.Name, state.Namespace, state.Plan.SchedulerDeployment, await workloads.ListDeploymentsAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (DaskK8sException)
        {
            return null;
        }
    }

    /// <summary>Requests the scheduler's identity to verify that the link works; closes a link that does not.</summary>
    /// <param name="link">The link.</param>
    /// <param name="within">How long to try; null for the time limit of connecting, for a scheduler whose pod is still starting.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    private async Task<SchedulerLink> GreetAsync(SchedulerLink link, TimeSpan? within, CancellationToken cancellationToken)
    {
        using TimeLimit limit = new(within ?? Timeout.InfiniteTimeSpan, requests.TimeProvider, cancellationToken);
        int failures = 0;
        try
        {
            while (true)
            {
                try
                {
                    state.Apply(await link.Rpc.SummaryAsync(limit.Token).ConfigureAwait(false));
                    return link;
                }
                catch (Exception e) when (e is SchedulerUnreachableException { IsGone: false } or SchedulerTimeoutException && within is null)
                {
                    if (failures++ % GreetingsPerProbe == 0 && link.Endpoint.Tls is null && await SchedulerTls.IsSpokenAsync(link.Endpoint, requests.TimeProvider, limit.Token).ConfigureAwait(false))
                    {
                        throw new DaskTlsException(
                            $"The scheduler at {link.Address} requires TLS, and no certificates were given. Set them: {nameof(HelmClusterOptions)}.{nameof(HelmClusterOptions.Tls)}.");
                    }

                    _waitsFor = e.Message;
                    await Task.Delay(BetweenGreetings, requests.TimeProvider, limit.Token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException e) when (limit.Passed)
        {
            await link.DisposeAsync().ConfigureAwait(false);
            throw new SchedulerUnreachableException(link.Address, $"The scheduler at {link.Address} did not answer.", e);
        }
        catch
        {
            await link.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
