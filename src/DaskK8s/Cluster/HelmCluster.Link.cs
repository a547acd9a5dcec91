using System.Globalization;

using DaskK8s.Causes;
using DaskK8s.Dask.Protocol;
using DaskK8s.Dask.Rpc;
using DaskK8s.Groups;
using DaskK8s.Kubernetes.Config;
using DaskK8s.PortForwarding;
using DaskK8s.PortForwarding.Tunnels;
using DaskK8s.Reach;

using k8s.Models;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    private static readonly TimeSpan DirectDialTime = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan ExplanationTime = TimeSpan.FromMilliseconds(800);
    private const int GreetingsPerProbe = 8;
    private static readonly TimeSpan BetweenGreetings = TimeSpan.FromMilliseconds(250);

    private async Task<SchedulerLink?> OpenLinkAsync(WorkloadSnapshot snapshot, CancellationToken cancellationToken)
    {
        // A scheduler that speaks TLS is never spoken to in the clear: without certificates the error names the option that gives them.
        HelmClusterOptions options = _options.Tls is null && _plan!.Scheduler.UsesTls && _options.SchedulerAddress is null ? _options with { Tls = new DaskTlsOptions() } : _options;
        bool inCluster = options.Kubernetes is null && Context is null && KubeConfigEnvironment.System.IsInCluster;
        if (_plan!.Scheduler is { IsServiceDead: true } dead)
        {
            Limit(new ClusterLimitation(
                "The scheduler's Service",
                string.Create(CultureInfo.InvariantCulture, $"the scheduler listens on port {dead.PodPort} of its pod and its Service leads to port {dead.TargetPort}, so no worker can reach it. ")
                + "The chart does so when scheduler.servicePort is not 8786: set it back, or add --port=8786 to scheduler.extraArgs."));
        }

        SchedulerRoute route = await new SchedulerLocator(_requests, options.Reach, inCluster, _logger, text => _waitsFor = text)
            .LocateAsync(_plan.Scheduler, cancellationToken).ConfigureAwait(false);
        if (route.Kind == SchedulerRouteKind.None)
        {
            _notReached = $"{nameof(HelmClusterOptions)}.{nameof(HelmClusterOptions.SchedulerAccess)} is {options.SchedulerAccess}, so it is left alone. Connect with another one for what needs it.";
            return null;
        }

        bool isOwn = _plan.SchedulerDeployment.Length > 0 && options.SchedulerAddress is null;
        if (isOwn && !snapshot.Pods.Any(p => PodOwners.DeploymentOf(p) == _plan.SchedulerDeployment))
        {
            // The release calls its scheduler otherwise, or its objects are in another namespace.
            snapshot = snapshot with { Pods = [.. await _workloads.ListPodsAsync(_plan.Scheduler.PodSelector, cancellationToken).ConfigureAwait(false)] };
        }

        if (isOwn && (SchedulerPresence.Explain(_releaseName, Namespace, _plan.SchedulerDeployment, snapshot.Deployments)
            ?? SchedulerPresence.ExplainNode(_plan.SchedulerDeployment, snapshot.Pods)) is { } missing)
        {
            throw new SchedulerUnreachableException(_plan.Scheduler.ServiceName, $"{missing} {_plan.Release.StatusExplanation}".TrimEnd()) { IsGone = true };
        }

        SchedulerAbsence? absence = isOwn ? new SchedulerAbsence(ExplainAbsenceAsync, options.TimeProvider) : null;

        if (route.Kind == SchedulerRouteKind.Direct)
        {
            try
            {
                // An address that was given is either right or wrong; a Service may have its pod in a moment.
                TimeSpan? within = route.MayFallBackToForward ? DirectDialTime : isOwn ? null : options.SchedulerTimeout;
                return await GreetAsync(SchedulerLink.Dial(route, options.Reach, absence), within, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (!isOwn && options.SchedulerAddress is null && e is SchedulerUnreachableException or SchedulerTimeoutException)
            {
                throw new SchedulerUnreachableException(
                    route.Address!,
                    $"Release {_releaseName} has no scheduler of its own; its workers use {route.Address} (worker.custom_scheduler_url), which is not reached from here. {e.Message} "
                    + $"Name an address that leads there from here: {nameof(HelmClusterOptions)}.{nameof(HelmClusterOptions.SchedulerAddress)}.",
                    e);
            }
            catch (Exception e) when (route.MayFallBackToForward && e is SchedulerUnreachableException or SchedulerTimeoutException)
            {
                ReachLog.RouteChosen(_logger, "by a forward", "the direct way is closed");
            }
        }

        try
        {
            PodTarget? first = _plan.SchedulerDeployment.Length > 0 && snapshot.FindDeployment(_plan.SchedulerDeployment) is { } deployment
                ? snapshot.PodsOf(deployment).Where(ReadyPods.IsReady).Select(static p => new PodTarget(p.Metadata.NamespaceProperty, p.Metadata.Name, p.Metadata.Uid)).FirstOrDefault()
                : null;
            SchedulerLink link = await SchedulerLink.ForwardAsync(_requests.Connection, _plan.Scheduler, first, options.Reach, absence).ConfigureAwait(false);
            return await GreetAsync(link, null, cancellationToken).ConfigureAwait(false);
        }
        catch (KubernetesForbiddenException e) when (options.SchedulerAccess != SchedulerAccess.Forward)
        {
            try
            {
                if (route.Kind == SchedulerRouteKind.Direct)
                {
                    // A forward is asked for when the pod is ready; the direct way may have been closed only because it was not.
                    return await GreetAsync(SchedulerLink.Dial(route, options.Reach, absence), DirectDialTime, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (Exception closed) when (closed is SchedulerUnreachableException or SchedulerTimeoutException)
            {
                ReachLog.RouteChosen(_logger, "not at all", "the direct way is closed, and a forward is not allowed");
            }

            Limit(new ClusterLimitation(
                "The scheduler: its state, running work, lossless scaling",
                "A forward to its pod is not allowed, and no other way leads there. Groups, scaling and logs work; waiting sees pods only.",
                e.Call));
            return null;
        }
    }

    /// <summary>Returns why the scheduler's pod is not ready, for an error that is certain already; null if it is ready or cannot be read.</summary>
    private async Task<string?> ExplainSchedulerAsync(CancellationToken cancellationToken)
    {
        if (_plan is not { SchedulerDeployment: { Length: > 0 } deployment })
        {
            return null;
        }

        using CancellationTokenSource limit = new(ExplanationTime, _options.TimeProvider);
        using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            V1Pod[] pods = [.. (await _workloads.ListPodsAsync(_plan.Scheduler.PodSelector, linked.Token).ConfigureAwait(false)).Where(p => PodOwners.DeploymentOf(p) == deployment)];
            IEnumerable<string> causes = pods
                .Select(p => PodDiagnosis.Of(p, null, _options.TimeProvider.GetUtcNow()))
                .OfType<PodCause>()
                .Select(static c => $"its pod {c.Pod}: {c.Text}");
            return pods.Length == 0 ? $"Deployment {deployment} has no pod" : pods.Any(PodDiagnosis.IsReady) ? null : string.Join("; ", causes);
        }
        catch (Exception e) when (e is DaskK8sException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Says why there is no scheduler, or null where there should be one or nobody may look.</summary>
    private async Task<string?> ExplainAbsenceAsync(CancellationToken cancellationToken)
    {
        try
        {
            return SchedulerPresence.Explain(
                _releaseName, Namespace, _plan!.SchedulerDeployment, await _workloads.ListDeploymentsAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (DaskK8sException)
        {
            return null;
        }
    }

    /// <summary>Asks the scheduler who it is, so that a link that is returned is one that works; closes one that does not.</summary>
    /// <param name="link">The link.</param>
    /// <param name="within">How long to try; null: as long as connecting may take, for a scheduler whose pod still starts.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    private async Task<SchedulerLink> GreetAsync(SchedulerLink link, TimeSpan? within, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = new(within ?? Timeout.InfiniteTimeSpan, _options.TimeProvider);
        using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        int failures = 0;
        try
        {
            while (true)
            {
                try
                {
                    _schedulerInfo = WithGroups(await link.Rpc.SummaryAsync(linked.Token).ConfigureAwait(false));
                    return link;
                }
                catch (Exception e) when (e is SchedulerUnreachableException { IsGone: false } or SchedulerTimeoutException && within is null)
                {
                    if (failures++ % GreetingsPerProbe == 0 && link.Endpoint.Tls is null && await SchedulerTls.IsSpokenAsync(link.Endpoint, _options.TimeProvider, linked.Token).ConfigureAwait(false))
                    {
                        throw new DaskTlsException(
                            $"The scheduler at {link.Address} speaks TLS, and no certificates were given. Name them: {nameof(HelmClusterOptions)}.{nameof(HelmClusterOptions.Tls)}.");
                    }

                    _waitsFor = e.Message;
                    await Task.Delay(BetweenGreetings, _options.TimeProvider, linked.Token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
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
