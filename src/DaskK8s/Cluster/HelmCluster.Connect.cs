using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

using DaskK8s.Cluster;
using DaskK8s.Common;
using DaskK8s.Groups;
using DaskK8s.Helm;
using DaskK8s.Kubernetes;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    private const int LongestReleaseName = 53;
    private const string WaitingKey = "DaskK8s.Waiting";

    /// <summary>Connects to a release: reads it, finds its worker groups, reaches its scheduler.</summary>
    /// <param name="releaseName">The release's name.</param>
    /// <param name="options">How to connect; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The connected cluster; its addresses are live.</returns>
    /// <exception cref="ArgumentException">The name is no release's name, or an option makes no sense.</exception>
    /// <exception cref="KubeConfigException">No kubeconfig, or no context of that name, or it cannot be read.</exception>
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
                $"\"{releaseName}\" is no name of a Helm release: lower-case letters, digits, '-' and '.', at most {LongestReleaseName}, beginning and ending with a letter or digit.",
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

            string waiting = e.Data[WaitingKey] as string ?? "the scheduler has not answered";
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

    /// <summary>Tells whether a text can be the name of a Helm release.</summary>
    /// <param name="name">The text.</param>
    /// <returns>Whether Helm would take it.</returns>
    public static bool IsReleaseName(string? name) => name is { Length: > 0 and <= LongestReleaseName } && ReleaseNamePattern().IsMatch(name);

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
        await GiveBackStraysAsync(snapshot.Deployments, cancellationToken).ConfigureAwait(false);
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

            return ReleasePlanReader.FromRecord(release, record, snapshot, _options);
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

    private void Limit(ClusterLimitation limitation)
    {
        Limitations = [.. Limitations, limitation];
        HelmClusterLog.Limited(_logger, _releaseName, limitation.ToString());
    }

    private void Apply(WorkloadSnapshot snapshot)
    {
        _workerGroups = GroupBuilder.Build(this, _plan!.Groups, snapshot);
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
