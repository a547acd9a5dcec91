using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

using DaskK8s.Diagnostics;
using DaskK8s.Forwarding;
using DaskK8s.KubeApi;
using DaskK8s.Scheduler;
using DaskK8s.Workers;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    private const int LongestReleaseName = 53;
    private const string WaitingKey = "DaskK8s.Waiting";
    private static readonly TimeSpan DirectDialTime = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan BetweenGreetings = TimeSpan.FromMilliseconds(250);

    /// <summary>Connects to a release: reads it, finds its worker groups, reaches its scheduler.</summary>
    /// <param name="releaseName">The release's name.</param>
    /// <param name="options">How to connect; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The connected cluster; its addresses are live.</returns>
    /// <exception cref="ArgumentException">The name is no release's name, or an option makes no sense.</exception>
    /// <exception cref="KubeConfigException">No kubeconfig, or no context of that name, or it cannot be read.</exception>
    /// <exception cref="HelmReleaseException">No such release (<see cref="HelmReleaseNotFoundException"/>), another chart's, or a record that cannot be understood.</exception>
    /// <exception cref="KubernetesApiException">The API server refused or could not answer.</exception>
    /// <exception cref="SchedulerUnreachableException">The scheduler could not be reached within <see cref="HelmClusterOptions.ConnectTimeout"/>.</exception>
    /// <exception cref="PortForwardException">A local port that was asked for is taken.</exception>
    public static async Task<HelmCluster> ConnectAsync(
        string releaseName, HelmClusterOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(releaseName);
        if (releaseName.Length > LongestReleaseName || !ReleaseNamePattern().IsMatch(releaseName))
        {
            throw new ArgumentException(
                $"\"{releaseName}\" is no name of a Helm release: lower-case letters, digits, '-' and '.', at most {LongestReleaseName}, beginning and ending with a letter or digit.",
                nameof(releaseName));
        }

        options ??= new HelmClusterOptions();
        options.Validate();
        using CancellationTokenSource limit = new(options.ConnectTimeout, options.TimeProvider);
        using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using Activity? activity = Telemetry.Activities.StartActivity("connect");
        KubeConnection connection = await KubeConnectionFactory.OpenAsync(ToKubeConfig(options), linked.Token).ConfigureAwait(false);
        HelmCluster cluster = new(releaseName, options, connection);
        try
        {
            await cluster.StartAsync(linked.Token).ConfigureAwait(false);
            return cluster;
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            await cluster.DisposeAsync().ConfigureAwait(false);
            string waiting = e.Data[WaitingKey] as string ?? "the scheduler has not answered";
            throw new SchedulerUnreachableException(
                cluster.SchedulerAddress ?? "",
                string.Create(CultureInfo.InvariantCulture, $"Not connected to release {releaseName} within {options.ConnectTimeout.TotalSeconds:0.#} s: {waiting}. ")
                + $"Look at the scheduler's pod, or raise {nameof(HelmClusterOptions)}.{nameof(HelmClusterOptions.ConnectTimeout)}.");
        }
        catch
        {
            await cluster.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Connects to a release by the cluster's name.</summary>
    /// <param name="name">The name: <c>release.namespace</c>, split at the last dot (a release's name may hold dots, a namespace may not).</param>
    /// <param name="options">How to connect; its namespace, where given, must be the name's.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The connected cluster.</returns>
    /// <exception cref="ArgumentException">The name has no dot, or an option contradicts it.</exception>
    public static Task<HelmCluster> FromNameAsync(
        string name, HelmClusterOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        int dot = name.LastIndexOf('.');
        if (dot <= 0 || dot == name.Length - 1)
        {
            throw new ArgumentException($"\"{name}\" is no cluster's name: release.namespace was expected, as HelmCluster.Name gives it.", nameof(name));
        }

        string @namespace = name[(dot + 1)..];
        if (options?.Namespace is { } asked && !string.Equals(asked, @namespace, StringComparison.Ordinal))
        {
            throw new ArgumentException($"The name says namespace \"{@namespace}\", the options say \"{asked}\". Leave one of them out.", nameof(options));
        }

        return ConnectAsync(name[..dot], (options ?? new HelmClusterOptions()) with { Namespace = @namespace }, cancellationToken);
    }

    /// <summary>Makes a cluster object of what is known already, without asking anybody.</summary>
    internal static HelmCluster Create(string releaseName, HelmClusterOptions options, KubeConnection connection, IReadOnlyList<GroupPlan> groups) =>
        new(releaseName, options, connection)
        {
            _plan = new ReleasePlan(
                new HelmRelease { Name = releaseName, Namespace = connection.Namespace, Source = HelmReleaseSource.Labels },
                groups,
                new SchedulerPlan(false, "", null, SchedulerLink.SchedulerPodPort, null, "", null, null),
                "",
                null),
        };

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", RegexOptions.CultureInvariant)]
    private static partial Regex ReleaseNamePattern();

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        Task<WorkloadSnapshot> reading = _workloads.ReadAsync(cancellationToken);
        ReleasePlan plan;
        WorkloadSnapshot snapshot;
        try
        {
            StoredRelease stored = await _storage.ReadAsync(_releaseName, cancellationToken).ConfigureAwait(false);
            snapshot = await reading.ConfigureAwait(false);
            plan = await PlanAsync(stored, snapshot, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            // The other call's failure is of no more use, but must be seen by somebody.
            await reading.ContinueWith(static t => t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
            throw;
        }

        _plan = plan;
        Apply(snapshot);
        _link = await OpenLinkAsync(snapshot, cancellationToken).ConfigureAwait(false);
        HelmClusterLog.Connected(_logger, _releaseName, Namespace, SchedulerAddress, _schedulerInfo?.Workers.Count ?? 0);
    }

    /// <summary>Makes out what the release consists of, from Helm's record or, where that may not be read, from labels.</summary>
    private async Task<ReleasePlan> PlanAsync(StoredRelease stored, WorkloadSnapshot snapshot, CancellationToken cancellationToken)
    {
        if (stored is { Release: { } release, Record: { } record })
        {
            if (stored.IsUninstalled)
            {
                throw new HelmReleaseNotFoundException(
                    _releaseName, Namespace, await _storage.ListNamesAsync(cancellationToken).ConfigureAwait(false), release.StatusExplanation);
            }

            return ReleasePlanReader.FromRecord(release, record, snapshot);
        }

        ReleasePlan? fromLabels = ReleasePlanReader.FromLabels(_releaseName, Namespace, snapshot, _options);
        if (stored.Refused is { } refused)
        {
            if (fromLabels is null)
            {
                throw refused;
            }

            Limit(new ClusterLimitation(
                "The release's values, chart and revision",
                "Helm's record may not be read, so the release is known from labels only: declared replicas are unknown, and a release that runs nothing looks like none.",
                refused.Call));
            return fromLabels;
        }

        IReadOnlyList<string> names = await _storage.ListNamesAsync(cancellationToken).ConfigureAwait(false);
        throw new HelmReleaseNotFoundException(_releaseName, Namespace, names, fromLabels is null
            ? null
            : $"Deployments that name the release run there ({fromLabels.SchedulerDeployment}), so Helm keeps its record elsewhere: in an SQL database (HELM_DRIVER=sql) or nowhere (HELM_DRIVER=memory).");
    }

    private async Task<SchedulerLink?> OpenLinkAsync(WorkloadSnapshot snapshot, CancellationToken cancellationToken)
    {
        bool inCluster = _options.Kubernetes is null && Context is null && KubeConfigEnvironment.System.IsInCluster;
        SchedulerRoute route = await new SchedulerLocator(_requests, _options, inCluster, _logger)
            .LocateAsync(_plan!.Scheduler, cancellationToken).ConfigureAwait(false);
        if (route.Kind == SchedulerRouteKind.None)
        {
            return null;
        }

        if (route.Kind == SchedulerRouteKind.Direct)
        {
            try
            {
                // An address that was given is either right or wrong; a Service may have its pod in a moment.
                TimeSpan? within = route.MayFallBackToForward ? DirectDialTime : _options.SchedulerAddress is not null ? _options.SchedulerTimeout : null;
                return await GreetAsync(SchedulerLink.Dial(route, _options), within, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (route.MayFallBackToForward && e is SchedulerUnreachableException or SchedulerTimeoutException)
            {
                HelmClusterLog.RouteChosen(_logger, "by a forward", "the direct way is closed");
            }
        }

        try
        {
            PodTarget? first = _plan.SchedulerDeployment.Length > 0 && snapshot.FindDeployment(_plan.SchedulerDeployment) is { } deployment
                ? snapshot.PodsOf(deployment).Where(ReadyPods.IsReady).Select(static p => new PodTarget(p.Metadata.NamespaceProperty, p.Metadata.Name, p.Metadata.Uid)).FirstOrDefault()
                : null;
            SchedulerLink link = await SchedulerLink.ForwardAsync(_requests.Connection, _plan.Scheduler.PodSelector, first, _options).ConfigureAwait(false);
            return await GreetAsync(link, null, cancellationToken).ConfigureAwait(false);
        }
        catch (KubernetesForbiddenException e) when (_options.SchedulerAccess != SchedulerAccess.Forward)
        {
            Limit(new ClusterLimitation(
                "The scheduler: its state, running work, lossless scaling",
                "A forward to its pod is not allowed, and no other way leads there. Groups, scaling and logs work; waiting sees pods only.",
                e.Call));
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
        Exception? last = null;
        try
        {
            while (true)
            {
                try
                {
                    _schedulerInfo = WithGroups(await link.Rpc.IdentityAsync(linked.Token).ConfigureAwait(false));
                    return link;
                }
                catch (Exception e) when (e is SchedulerUnreachableException or SchedulerTimeoutException && within is null)
                {
                    last = e;
                    await Task.Delay(BetweenGreetings, _options.TimeProvider, linked.Token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            await link.DisposeAsync().ConfigureAwait(false);
            throw new SchedulerUnreachableException(link.Address, $"The scheduler at {link.Address} did not answer.", e);
        }
        catch (OperationCanceledException e)
        {
            e.Data[WaitingKey] = last?.Message;
            await link.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        catch
        {
            await link.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private void Limit(ClusterLimitation limitation)
    {
        Limitations = [.. Limitations, limitation];
        HelmClusterLog.Limited(_logger, _releaseName, limitation.ToString());
    }

    private void Apply(WorkloadSnapshot snapshot)
    {
        _workerGroups = GroupBuilder.Build(this, _plan!.Groups, snapshot);
        Dictionary<string, string> groupsByIP = new(StringComparer.Ordinal);
        foreach (WorkerGroup group in _workerGroups)
        {
            TagList tags = new() { { "release", _releaseName }, { "namespace", Namespace }, { "group", group.Name } };
            Telemetry.ReadyWorkers.Record(group.Ready, tags);
            Telemetry.DesiredWorkers.Record(group.Desired, tags);
            foreach (WorkerPod pod in group.Pods)
            {
                if (pod.PodIP is { } ip)
                {
                    groupsByIP[ip] = group.Name;
                }
            }
        }

        _groupsByIP = groupsByIP;
    }
}
