using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

using DaskK8s.Cluster;
using DaskK8s.Common;
using DaskK8s.Groups;
using DaskK8s.Helm;
using DaskK8s.Helm.Chart;
using DaskK8s.Helm.Records;
using DaskK8s.Kubernetes;
using DaskK8s.WorkerGroups;

using k8s.Models;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    private const int LongestReleaseName = 53;

    /// <summary>Connects to a release: reads it, finds its worker groups, reaches its scheduler.</summary>
    /// <param name="releaseName">The release's name.</param>
    /// <param name="options">How to connect; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The connected cluster; its addresses are live.</returns>
    /// <exception cref="ArgumentException">The name is not that of a release, or an option makes no sense.</exception>
    /// <exception cref="KubeConfigException">No kubeconfig, or no context of that name, or it cannot be read.</exception>
    /// <exception cref="HelmReleaseInstanceException">The release has several instances of the Dask chart, and none is chosen.</exception>
    /// <exception cref="HelmReleaseException">No such release (<see cref="HelmReleaseNotFoundException"/>), another chart's, or a record that cannot be understood.</exception>
    /// <exception cref="KubernetesApiException">The API server refused, or could not answer within <see cref="HelmClusterOptions.ConnectTimeout"/>.</exception>
    /// <exception cref="SchedulerUnreachableException">The scheduler could not be reached within <see cref="HelmClusterOptions.ConnectTimeout"/>.</exception>
    /// <exception cref="PortForwardException">A local port that was asked for is taken.</exception>
    public static async Task<HelmCluster> ConnectAsync(
        string releaseName, HelmClusterOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(releaseName);
        if (!IsReleaseName(releaseName))
        {
            throw new ArgumentException(
                $"\"{releaseName}\" is not a valid Helm release name: lower-case letters, digits, '-' and '.', at most {LongestReleaseName}, beginning and ending with a letter or digit.",
                nameof(releaseName));
        }

        options ??= new HelmClusterOptions();
        options.Validate();
        using CancellationTokenSource limit = new(options.ConnectTimeout, options.TimeProvider);
        using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        KubeConnection connection = await KubeConnectionFactory.OpenAsync(ToKubeConfig(options), linked.Token).ConfigureAwait(false);
        using Activity? activity = Telemetry.Begin(Telemetry.ConnectActivity, releaseName, connection.Namespace);
        HelmCluster cluster = new(releaseName, options, connection);
        try
        {
            await cluster.StartAsync(linked.Token).ConfigureAwait(false);
            return cluster;
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            activity.Fail(e);
            string? pod = await cluster.ExplainSchedulerAsync(cancellationToken).ConfigureAwait(false);
            await cluster.DisposeAsync().ConfigureAwait(false);
            if (cluster._plan is null)
            {
                throw KubeErrors.NotConnected(releaseName, cluster.Namespace, options.ConnectTimeout, connection.BaseUri);
            }

            string waiting = cluster._waitsFor ?? "the scheduler has not answered";
            waiting = pod is null ? waiting : $"{waiting.TrimEnd('.')}; {pod}";
            throw new SchedulerUnreachableException(
                cluster.SchedulerAddress ?? "",
                string.Create(CultureInfo.InvariantCulture, $"Not connected to release {releaseName} within {options.ConnectTimeout.TotalSeconds:0.#} s: {waiting}. {string.Concat(cluster.Limitations.Select(static l => $"{l} "))}")
                + $"Look at the scheduler's pod, or raise {nameof(HelmClusterOptions)}.{nameof(HelmClusterOptions.ConnectTimeout)}.");
        }
        catch (Exception e)
        {
            activity.Fail(e);
            await cluster.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Determines whether a text can be the name of a Helm release.</summary>
    /// <param name="name">The text.</param>
    /// <returns>Whether Helm would take it.</returns>
    public static bool IsReleaseName(string? name) => name is { Length: > 0 and <= LongestReleaseName } && ReleaseNamePattern().IsMatch(name);

    /// <summary>Connects to a release by the cluster's name.</summary>
    /// <param name="name">The name: <c>release.namespace</c>, or <c>release/instance.namespace</c>, split at the last dot (a release's name may hold dots, a namespace may not).</param>
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
            throw new ArgumentException($"\"{name}\" is not a cluster name: expected release.namespace, as HelmCluster.Name returns it.", nameof(name));
        }

        string @namespace = name[(dot + 1)..];
        if (options?.Namespace is { } asked && !string.Equals(asked, @namespace, StringComparison.Ordinal))
        {
            throw new ArgumentException($"The name says namespace \"{@namespace}\", the options say \"{asked}\". Leave one of them out.", nameof(options));
        }

        string release = name[..dot];
        int slash = release.IndexOf('/', StringComparison.Ordinal);
        string? instance = slash < 0 ? null : release[(slash + 1)..];
        if (instance is not null && options?.Instance is { } chosen && !string.Equals(chosen, instance, StringComparison.Ordinal))
        {
            throw new ArgumentException($"The name says instance \"{instance}\", the options say \"{chosen}\". Leave one of them out.", nameof(options));
        }

        options = (options ?? new HelmClusterOptions()) with { Namespace = @namespace };
        return ConnectAsync(
            slash < 0 ? release : release[..slash], instance is { Length: > 0 } ? options with { Instance = instance } : options, cancellationToken);
    }

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", RegexOptions.CultureInvariant)]
    private static partial Regex ReleaseNamePattern();

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        Task<WorkloadSnapshot> reading = _workloads.ReadDeploymentsAsync(cancellationToken);
        Task<IList<V1Pod>> scheduler = ListSchedulerPodsAsync(_options.SchedulerComponent, cancellationToken);
        StoredRelease stored;
        WorkloadSnapshot snapshot;
        try
        {
            stored = await _storage.ReadAsync(_releaseName, Namespace, cancellationToken).ConfigureAwait(false);
            snapshot = await reading.ConfigureAwait(false);
            await scheduler.ConfigureAwait(false);
        }
        catch
        {
            // The other calls' failure is of no more use, but must be seen by somebody.
            await Task.WhenAll(reading, scheduler).ContinueWith(static t => t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
            throw;
        }

        (stored, snapshot) = await MeetAsync(stored, snapshot, cancellationToken).ConfigureAwait(false);
        ReleasePlan plan = await PlanAsync(stored, snapshot, cancellationToken).ConfigureAwait(false);
        Take(plan);
        if (plan.OtherDeployments.Count > 0)
        {
            snapshot = await _workloads.ReadDeploymentsAsync(cancellationToken).ConfigureAwait(false);
        }

        Apply(snapshot);
        ThrowIfMissing(plan, snapshot);
        await GiveBackStraysAsync(snapshot.Deployments, cancellationToken).ConfigureAwait(false);
        _link = await OpenLinkAsync(snapshot with { Pods = [.. await scheduler.ConfigureAwait(false)] }, cancellationToken).ConfigureAwait(false);
        HelmClusterLog.Connected(_logger, _releaseName, Namespace, SchedulerAddress, _schedulerInfo?.WorkerCount ?? 0);
    }

    /// <summary>Lists the scheduler's pods, which are one; the workers' are not read before somebody asks for them.</summary>
    private Task<IList<V1Pod>> ListSchedulerPodsAsync(string component, CancellationToken cancellationToken) => _options.SchedulerAccess == SchedulerAccess.None
        ? Task.FromResult<IList<V1Pod>>([])
        : _workloads.ListComponentAsync(component, cancellationToken);

    /// <summary>Makes out what the release consists of, from Helm's record or, where there is none or none that may be read, from labels.</summary>
    private async Task<ReleasePlan> PlanAsync(StoredRelease stored, WorkloadSnapshot snapshot, CancellationToken cancellationToken)
    {
        if (stored is { Release: { } release, Record: { } record })
        {
            if (stored.IsUninstalled)
            {
                throw new HelmReleaseNotFoundException(
                    _releaseName, Namespace, await _storage.ListNamesAsync(Namespace, cancellationToken).ConfigureAwait(false), release.StatusExplanation);
            }

            return ReleasePlanReader.FromRecord(release, record, snapshot, _options);
        }

        ReleasePlan? fromLabels = ReleasePlanReader.FromLabels(_releaseName, Namespace, snapshot, _options, mayHaveRecord: stored.Refused is not null);
        if (fromLabels is not null)
        {
            Limit(LimitationOf(stored, ReleasePlanReader.OriginOf(_releaseName, snapshot)));
            return fromLabels;
        }

        (string? foreign, IReadOnlyList<string> labelled) = await FindOtherDaskAsync(cancellationToken).ConfigureAwait(false);
        if (foreign is null && stored.Refused is { } refused)
        {
            throw refused;
        }

        IReadOnlyList<string> recorded = await _storage.ListNamesAsync(Namespace, cancellationToken).ConfigureAwait(false);
        throw new HelmReleaseNotFoundException(_releaseName, Namespace, [.. recorded.Union(labelled, StringComparer.Ordinal).Order(StringComparer.Ordinal)], foreign);
    }

    /// <summary>Says what is unknown of a release whose record was not read, and why.</summary>
    private ClusterLimitation LimitationOf(StoredRelease stored, ReleaseOrigin origin) => stored.Refused is { } refused
        ? new ClusterLimitation(
            "The release's values, chart and revision",
            "Helm's record may not be read, so the release is known from labels only: declared replicas are unknown, and a release that runs nothing looks like none."
            + (origin.RecordNamespace is { } at && at != Namespace ? $" The record is in namespace {at}." : ""),
            refused.Call)
        : new ClusterLimitation(
            "The release's values, declared numbers and the command of its next upgrade",
            $"Helm has no record of the release in namespace {Namespace}, so it is known from labels only: {origin.WhyNoRecord}.");

    /// <summary>Brings a record and the objects together: Flux and others keep the two in different namespaces, and either was named.</summary>
    private async Task<(StoredRelease Stored, WorkloadSnapshot Snapshot)> MeetAsync(
        StoredRelease stored, WorkloadSnapshot snapshot, CancellationToken cancellationToken)
    {
        if (stored.Record is { } record)
        {
            string objects = ReleasePlanReader.NamespaceOf(record, _options);
            if (objects == Namespace || stored.IsUninstalled)
            {
                return (stored, snapshot);
            }

            string beside = Namespace;
            _requests.Connection.MoveTo(objects);
            WorkloadSnapshot there = await _workloads.ReadDeploymentsAsync(cancellationToken).ConfigureAwait(false);
            if (!HoldsAny(record, there) && HoldsAny(record, snapshot))
            {
                // A backup that was restored into another namespace: its record still names the old one.
                _requests.Connection.MoveTo(beside);
                return (stored, snapshot);
            }

            return (stored, there);
        }

        if (!snapshot.Deployments.Any())
        {
            return (stored, snapshot);
        }

        ReleaseOrigin origin = ReleasePlanReader.OriginOf(_releaseName, snapshot);
        IEnumerable<string> places = origin.RecordNamespace is { } named && named != Namespace ? [named]
            : stored.Refused is not null ? []
            : await _storage.FindNamespacesAsync(_releaseName, cancellationToken).ConfigureAwait(false);
        foreach (string place in places.Where(p => p != Namespace))
        {
            StoredRelease elsewhere = await _storage.ReadAsync(_releaseName, place, cancellationToken).ConfigureAwait(false);
            if (elsewhere.Record is { } found && ReleasePlanReader.NamespaceOf(found, _options) == Namespace)
            {
                return (elsewhere, snapshot);
            }

            stored = stored with { Refused = stored.Refused ?? elsewhere.Refused };
        }

        return (stored, snapshot);
    }

    private static bool HoldsAny(ReleaseRecord record, WorkloadSnapshot snapshot) =>
        record.Instances.SelectMany(static i => i.Objects.WorkerGroups).Any(g => snapshot.FindDeployment(g.DeploymentName) is not null)
        || record.Instances.Any(i => i.Objects.Scheduler is { } scheduler && snapshot.FindDeployment(scheduler.DeploymentName) is not null);

    /// <summary>Looks for Dask in the namespace that is not a release of the chart, and for releases of other names. The operator and dask-gateway run pods without Deployments, too.</summary>
    private async Task<(string? Foreign, IReadOnlyList<string> Releases)> FindOtherDaskAsync(CancellationToken cancellationToken)
    {
        List<ObjectMetadata> objects = [];
        foreach ((string group, string resource, string root) in ((string, string, string)[])[("apps", "deployments", "apis/apps/v1"), ("", "pods", "api/v1")])
        {
            try
            {
                objects.AddRange(await ObjectMetadata.ListAsync(
                    _requests, new KubernetesApiCall("list", resource, group, Namespace), $"{root}/namespaces/{Namespace}/{resource}", cancellationToken).ConfigureAwait(false));
            }
            catch (KubernetesForbiddenException)
            {
                // It only helps an error along; what may not be read is left out.
            }
        }

        string[] releases = [.. objects.Where(static o => ForeignDask.IsOfChart(o.Labels)).Select(static o => o.Labels.GetValueOrDefault("release")).OfType<string>().Distinct(StringComparer.Ordinal)];
        return (ForeignDask.Among(objects.Select(static o => o.Labels)), releases);
    }

    private void Take(ReleasePlan plan)
    {
        _plan = plan;
        _recordNamespace = plan.Release.RecordNamespace;
        _workloads.Others = plan.OtherDeployments;
    }

    /// <summary>Tells what does not exist by its name: a group without its Deployment is not a group of zero.</summary>
    /// <exception cref="HelmReleaseObjectsMissingException">Nothing of the release is there.</exception>
    private void ThrowIfMissing(ReleasePlan plan, WorkloadSnapshot snapshot)
    {
        if (plan.Release.IsPartial || plan.Missing.Count == 0)
        {
            return;
        }

        if (plan.Deployments.All(name => snapshot.FindDeployment(name) is null))
        {
            throw new HelmReleaseObjectsMissingException(plan.Release, Namespace, plan.Missing);
        }

        foreach (GroupPlan group in plan.Groups.Where(g => plan.Missing.Contains(g.DeploymentName)))
        {
            Limit(new ClusterLimitation(
                $"Worker group {group.Name}", $"its Deployment {group.DeploymentName} does not exist in namespace {Namespace}. {plan.Release.StatusExplanation ?? "The next 'helm upgrade' creates it again."}"));
        }
    }

    private void Limit(ClusterLimitation limitation)
    {
        Limitations = [.. Limitations, limitation];
        HelmClusterLog.Limited(_logger, _releaseName, limitation.ToString());
    }

    private void Apply(WorkloadSnapshot snapshot)
    {
        _workerGroups = GroupBuilder.Build(ScaleAsync, _plan!.Groups, snapshot, _workerGroups);
        _arePodsKnown |= snapshot.HasPods;
        NoteApplied(snapshot.Deployments);
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
