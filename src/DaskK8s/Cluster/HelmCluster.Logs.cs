using System.Runtime.CompilerServices;

using DaskK8s.Groups;
using DaskK8s.Logs;

using k8s.Models;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    /// <summary>The number of logs read at once; an API server admits some hundred calls at a time from all its clients.</summary>
    private const int LogsAtOnce = 64;

    /// <summary>Reads the logs of the release's pods as they are now, all pods at once.</summary>
    /// <param name="filter">Which pods and lines; null for everything.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>
    /// The text by pod name: the scheduler's first, the workers' by group. A pod without a log has a line that says why
    /// (<c>[DaskK8s: no log: …]</c>), among them a pod whose log may not be read. It is a <see cref="PodLogs"/>.
    /// </returns>
    /// <remarks>
    /// Where the current run of a container has written nothing and it was restarted, the text is the log before the restart, and
    /// says so. Needs the rights to list pods and to get <c>pods/log</c>; the chart's own Role has both.
    /// </remarks>
    /// <exception cref="ArgumentException">The filter contradicts itself, or asks to follow: that is <see cref="StreamLogsAsync"/>.</exception>
    /// <exception cref="WorkerGroupNotFoundException">The release has no such group.</exception>
    /// <exception cref="KubernetesNotFoundException">The release has no pod of the filter's name.</exception>
    /// <exception cref="KubernetesApiException">The pods could not be listed.</exception>
    public Task<IReadOnlyDictionary<string, string>> GetLogsAsync(PodLogFilter? filter = null, CancellationToken cancellationToken = default) =>
        _lifetime.RunAsync(ct => ReadLogsAsync(filter, ct), cancellationToken);

    private async Task<IReadOnlyDictionary<string, string>> ReadLogsAsync(PodLogFilter? filter, CancellationToken cancellationToken)
    {
        LogTargets targets = ChooseLogs(filter ?? new PodLogFilter());
        if (targets.Filter.Follow)
        {
            throw new ArgumentException($"A text that is read once cannot follow; use {nameof(StreamLogsAsync)}.", nameof(filter));
        }

        IList<V1Pod> pods = await ListPodsForLogsAsync(cancellationToken).ConfigureAwait(false);
        (V1Pod Pod, LogTarget Target)[] chosen = [.. Choose(targets, pods)];
        string[] texts = new string[chosen.Length];
        await Parallel.ForAsync(
            0,
            chosen.Length,
            new ParallelOptions { MaxDegreeOfParallelism = LogsAtOnce, CancellationToken = cancellationToken },
            async (i, ct) => texts[i] = await ReadTextAsync(chosen[i].Pod, chosen[i].Target, targets.Filter, ct).ConfigureAwait(false)).ConfigureAwait(false);
        OrderedDictionary<string, string> logs = new(chosen.Length, StringComparer.Ordinal);
        for (int i = 0; i < chosen.Length; i++)
        {
            logs[chosen[i].Target.Pod] = texts[i];
        }

        return new PodLogs(logs);
    }

    /// <summary>Reads the logs of the release's pods line by line, merged in time order.</summary>
    /// <param name="filter">Which pods and lines; null for everything there is now.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <returns>
    /// The lines. A line goes out when no other pod can have an older one; with <see cref="PodLogFilter.Follow"/> it waits for
    /// older ones of other pods 250 ms at most, so that a line that reaches its node's log later than that may come out of order.
    /// The lines of a traceback stay together.
    /// </returns>
    /// <remarks>
    /// <para>With <see cref="PodLogFilter.Follow"/> the stream goes on with pods that come, containers that restart and connections
    /// that are cut, and ends when it is cancelled (with <see cref="PodLogFilter.PodName"/>: when that pod is gone). A pod without a log
    /// gives a line that says why (<see cref="PodLogLine.IsNotice"/>).</para>
    /// <para>The times are those of the nodes; where their clocks differ, so does the order. Memory is bounded: of each pod
    /// 64 lines of 64 KiB wait at most. Needs the rights to list and watch pods and to get <c>pods/log</c>.</para>
    /// </remarks>
    /// <exception cref="ArgumentException">The filter contradicts itself.</exception>
    /// <exception cref="WorkerGroupNotFoundException">The release has no such group.</exception>
    /// <exception cref="KubernetesNotFoundException">The release has no pod of the filter's name, and the filter does not follow.</exception>
    /// <exception cref="KubernetesApiException">The pods could not be listed or watched.</exception>
    public IAsyncEnumerable<PodLogLine> StreamLogsAsync(PodLogFilter? filter = null, CancellationToken cancellationToken = default)
    {
        _lifetime.ThrowIfEnded();
        LogTargets targets = ChooseLogs(filter ?? new PodLogFilter());
        return _lifetime.StreamAsync(
            ct => targets.Filter.Follow ? new LogsFollower(_requests, _workloads, targets, ThrowIfUninstalled).ReadAsync(ct) : StreamOnceAsync(targets, ct), cancellationToken);
    }

    private async IAsyncEnumerable<PodLogLine> StreamOnceAsync(LogTargets targets, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IList<V1Pod> pods = await ListPodsForLogsAsync(cancellationToken).ConfigureAwait(false);
        IEnumerable<V1Pod> chosen = Choose(targets, pods).Select(static c => c.Pod);
        await foreach (PodLogLine line in new LogsStream(_requests, targets).ReadAsync(chosen, cancellationToken).ConfigureAwait(false))
        {
            yield return line;
        }
    }

    /// <summary>Lists the pods. That there is none at all is looked into: a release that was uninstalled has no empty log.</summary>
    private async Task<IList<V1Pod>> ListPodsForLogsAsync(CancellationToken cancellationToken)
    {
        IList<V1Pod> pods = await _workloads.ListPodsAsync(cancellationToken).ConfigureAwait(false);
        if (pods.Count == 0)
        {
            ThrowIfUninstalled(await _workloads.ListDeploymentsAsync(cancellationToken).ConfigureAwait(false));
        }

        return pods;
    }

    private async Task<string> ReadTextAsync(V1Pod pod, LogTarget target, PodLogFilter filter, CancellationToken cancellationToken)
    {
        LogsText text = new(filter.MaxCharactersPerPod);
        await foreach ((LogsRawLine line, bool isNotice) in LogsOfPod.ReadAsync(_requests, pod, target, filter, null, cancellationToken).ConfigureAwait(false))
        {
            text.Add(line.Text, isNotice);
        }

        return text.ToString();
    }

    private LogTargets ChooseLogs(PodLogFilter filter)
    {
        filter.Validate();
        string? group = filter.WorkerGroup is { } name ? FindPlan(name).Name : null;
        return new LogTargets(filter, group, new PodOwners(_plan!.Groups), _options.SchedulerComponent, _options.WorkerComponent);
    }

    private IEnumerable<(V1Pod Pod, LogTarget Target)> Choose(LogTargets targets, IList<V1Pod> pods)
    {
        List<(V1Pod Pod, LogTarget Target)> chosen = [];
        foreach (V1Pod pod in pods)
        {
            if (targets.Choose(pod) is { } target)
            {
                chosen.Add((pod, target));
            }
        }

        if (chosen.Count == 0 && targets.Filter.PodName is { } missing)
        {
            string there = string.Join(", ", pods.Select(static p => p.Metadata.Name).Order(StringComparer.Ordinal));
            throw new KubernetesNotFoundException(
                $"The release {_releaseName} in namespace {Namespace} has no pod \"{missing}\" of the kind that was asked for. Its pods: {(there.Length == 0 ? "none" : there)}.",
                new KubernetesApiCall("get", "pods/log", "", Namespace, missing),
                404);
        }

        int GroupOrder(LogTarget target) => target.Component switch
        {
            PodComponent.Scheduler => -1,
            PodComponent.Worker => Math.Max(0, _plan!.Groups.Select(static p => p.Name).ToList().IndexOf(target.Group ?? "")),
            _ => int.MaxValue,
        };
        return chosen.OrderBy(c => GroupOrder(c.Target)).ThenBy(static c => c.Target.Pod, StringComparer.Ordinal);
    }
}
