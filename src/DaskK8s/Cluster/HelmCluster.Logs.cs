using DaskK8s.Logs;

namespace DaskK8s;

public sealed partial class HelmCluster
{
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
        _lifetime.RunAsync(
        ct => filter?.Follow == true
            ? throw new ArgumentException($"A log that is read once cannot be followed; use {nameof(StreamLogsAsync)}.", nameof(filter))
            : _logs.ReadAsync(ChooseLogs(filter), ct),
        cancellationToken);

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
        LogTargets targets = ChooseLogs(filter);
        return _lifetime.StreamAsync(ct => _logs.StreamAsync(targets, ct), cancellationToken);
    }

    private LogTargets ChooseLogs(PodLogFilter? filter)
    {
        filter ??= new PodLogFilter();
        filter.Validate();
        string? group = filter.WorkerGroup is { } name ? _state.FindPlan(name).Name : null;
        return new LogTargets(filter, group, _state.Plan.Groups, _options.SchedulerComponent, _options.WorkerComponent);
    }
}
