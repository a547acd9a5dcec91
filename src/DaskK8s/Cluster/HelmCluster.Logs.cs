using DaskK8s.Logs;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    /// <summary>Reads the current logs of the release's pods, from all pods concurrently.</summary>
    /// <param name="filter">The pods and lines to read; null for all.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>
    /// The logs by pod name: the scheduler's first, then the workers' by group. A pod without a log has a line that says why
    /// (<c>[DaskK8s: no log: …]</c>), for example because its log cannot be read. The result is a <see cref="PodLogs"/>.
    /// </returns>
    /// <remarks>
    /// If a container was restarted and its current run has written nothing, the text is the log before the restart, and
    /// says so. Requires permission to list pods and to get <c>pods/log</c>; the chart's own Role includes both.
    /// </remarks>
    /// <exception cref="ArgumentException">The filter contradicts itself, or sets Follow; use <see cref="StreamLogsAsync"/> for that.</exception>
    /// <exception cref="WorkerGroupNotFoundException">The release has no such group.</exception>
    /// <exception cref="KubernetesNotFoundException">The release has no pod with the filter's name.</exception>
    /// <exception cref="KubernetesApiException">The pods could not be listed.</exception>
    public Task<IReadOnlyDictionary<string, string>> GetLogsAsync(PodLogFilter? filter = null, CancellationToken cancellationToken = default) =>
        _lifetime.RunAsync(
        ct => filter?.Follow == true
            ? throw new ArgumentException($"A log that is read once cannot be followed; use {nameof(StreamLogsAsync)}.", nameof(filter))
            : _logs.ReadAsync(ChooseLogs(filter), ct),
        cancellationToken);

    /// <summary>Reads the logs of the release's pods line by line, merged in time order.</summary>
    /// <param name="filter">The pods and lines to read; null for all current ones.</param>
    /// <param name="cancellationToken">Cancels the stream.</param>
    /// <returns>
    /// The lines. A line is returned when no other pod can have an older one. With <see cref="PodLogFilter.Follow"/> it waits
    /// at most 250 ms for older lines of other pods, so a line that reaches its node's log later can be out of order.
    /// The lines of a traceback stay together.
    /// </returns>
    /// <remarks>
    /// <para>With <see cref="PodLogFilter.Follow"/> the stream continues through new pods, restarted containers and lost connections,
    /// and ends when it is cancelled (with <see cref="PodLogFilter.PodName"/>: when that pod is gone). A pod without a log
    /// produces a line that says why (<see cref="PodLogLine.IsNotice"/>).</para>
    /// <para>Times come from the nodes; if their clocks differ, the order is affected. Memory is bounded: each pod has at most
    /// 64 waiting lines of 64 KiB. Requires permission to list and watch pods and to get <c>pods/log</c>.</para>
    /// </remarks>
    /// <exception cref="ArgumentException">The filter contradicts itself.</exception>
    /// <exception cref="WorkerGroupNotFoundException">The release has no such group.</exception>
    /// <exception cref="KubernetesNotFoundException">The release has no pod with the filter's name, and the filter does not follow.</exception>
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
