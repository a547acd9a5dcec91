using System.Globalization;

using DaskK8s.Causes;
using DaskK8s.Common;
using DaskK8s.Groups;
using DaskK8s.Kubernetes;
using DaskK8s.Logs;

using k8s;
using k8s.Models;

namespace DaskK8s.Waiting;

/// <summary>Collects the causes when a wait gives up, with readable events and the last log lines.</summary>
internal sealed class WaitReport(KubeRequests requests, string release, PodOwners owners, WaitView view, V1Pod? scheduler)
{
    private const int MostPodsAsked = 20;
    private const int MostLogs = 5;
    private const int LogLines = 5;
    private const int LongestLogLine = 300;

    /// <summary>The time limit for the details; the causes themselves are known already.</summary>
    private static readonly TimeSpan DetailsLimit = TimeSpan.FromSeconds(10);

    private readonly HashSet<string> _remarks = [];
    private readonly Lock _lock = new();

    public string? SchedulerError { get; init; }

    public async Task<WorkersNotReadyException> ExplainAsync(
        IReadOnlyList<WaitGroup> groups, IReadOnlyList<PodCause> hopeless, TimeSpan waited, CancellationToken cancellationToken)
    {
        DateTimeOffset now = requests.TimeProvider.GetUtcNow();
        WaitState[] states = [.. groups.Select(g => g.Look(view, now))];
        foreach (WaitGroup group in groups.Where(static g => g.Desired.Count > 1))
        {
            _remarks.Add($"The number of pods of group {group.Plan.Name} was changed during the wait: {string.Join(" -> ", group.Desired)} (by an autoscaler or another client).");
        }

        using TimeLimit limit = new(DetailsLimit, requests.TimeProvider, cancellationToken);
        List<PodCause> causes = [.. states.SelectMany(static s => s.Causes)];
        if (SchedulerError is not null)
        {
            causes.Add(new PodCause(null, null, PodCauseKind.SchedulerUnreachable, $"the Dask scheduler could not be queried{Words.Tail(SchedulerError)}"));
        }

        if (scheduler is not null && PodDiagnosis.Of(scheduler, null, now) is { } trouble)
        {
            causes.Add(trouble with { Text = $"(the scheduler) {trouble.Text}" });
        }

        foreach (WaitGroup group in groups)
        {
            causes.AddRange(view.PodsByGroup[group.Plan.Name]
                .Where(static p => p.Status?.Phase == "Failed" && p.Metadata.DeletionTimestamp is null)
                .Select(p => PodDiagnosis.Of(p, group.Plan.Name, now)).OfType<PodCause>().Take(3));
        }

        causes = [.. await Task.WhenAll(causes.Select((c, i) => i < MostPodsAsked ? DetailAsync(c, now, limit.Token) : Task.FromResult(c))).ConfigureAwait(false)];
        cancellationToken.ThrowIfCancellationRequested();
        causes = await AddLogsAsync(causes, limit.Token).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (!view.AsksScheduler)
        {
            _remarks.Add("This client is not connected to the scheduler, so it waited for ready pods.");
        }

        foreach (KubernetesApiCall watch in requests.RefusedWatches)
        {
            _remarks.Add($"Not allowed to {watch}, so changes were seen late (a Role would need: apiGroups [\"{watch.Group}\"], resources [\"{watch.Resource}\"], verbs [\"watch\"]).");
        }

        HashSet<(string?, string?, PodCauseKind)> fatal = [.. hopeless.Select(static c => (c.Pod, c.Group, c.Kind))];
        return new WorkersNotReadyException(
            release,
            requests.Connection.Namespace,
            waited,
            hopeless.Count > 0,
            [.. states.Select(static s => s.Progress)],
            [.. causes.OrderByDescending(c => fatal.Contains((c.Pod, c.Group, c.Kind)))],
            [.. _remarks]);
    }

    /// <summary>Adds details from events to a cause.</summary>
    private async Task<PodCause> DetailAsync(PodCause cause, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (cause is { Pod: { } name, Kind: PodCauseKind.ContainerCreating or PodCauseKind.ImageNotPulled or PodCauseKind.NotReady })
        {
            V1Pod? pod = view.PodsByGroup.SelectMany(static g => g).Append(scheduler).FirstOrDefault(p => p?.Metadata.Name == name);
            IReadOnlyList<Corev1Event>? events = pod is null ? null : await EventsAsync($"involvedObject.uid={pod.Metadata.Uid}", cancellationToken).ConfigureAwait(false);
            return pod is not null && events is { Count: > 0 } && PodDiagnosis.Of(pod, cause.Group, now, events) is { } better ? better : cause;
        }

        if (cause is { Pod: null, Kind: PodCauseKind.NotCreated, Group: not null } && !cause.Text.Contains("cannot", StringComparison.Ordinal))
        {
            IReadOnlyList<Corev1Event>? events = await EventsAsync("involvedObject.kind=ReplicaSet", cancellationToken).ConfigureAwait(false);
            string? message = PodEvents.Latest(events?.Where(e => IsOf(e, cause.Group)).ToList(), "FailedCreate");
            return message is null ? cause : CreationFailure.Explain(message, cause.Group) is var why ? why with { Text = $"{cause.Text}: {why.Text}" } : cause;
        }

        return cause;
    }

    private bool IsOf(Corev1Event e, string group) => owners.IsReplicaSetOf(e.InvolvedObject?.Name, group);

    private async Task<IReadOnlyList<Corev1Event>?> EventsAsync(string fieldSelector, CancellationToken cancellationToken)
    {
        string @namespace = requests.Connection.Namespace;
        try
        {
            Corev1EventList list = await requests.RunAsync(
                new KubernetesApiCall("list", "events", "", @namespace),
                (client, ct) => client.CoreV1.ListNamespacedEventAsync(@namespace, fieldSelector: fieldSelector, limit: 500, cancellationToken: ct),
                cancellationToken).ConfigureAwait(false);
            return [.. list.Items];
        }
        catch (KubernetesForbiddenException)
        {
            Remark("Reading events is not allowed (a Role would need: apiGroups [\"\"], resources [\"events\"], verbs [\"list\"]); they may say more.");
        }
        catch (KubernetesApiException e)
        {
            Remark($"Events could not be read: {Words.OneLine(e.Message)}");
        }
        catch (OperationCanceledException)
        {
            Remark("Events could not be read in time.");
        }

        return null;
    }

    /// <summary>Adds the last log lines of one pod for each cause, because pods of one template usually fail alike.</summary>
    private async Task<List<PodCause>> AddLogsAsync(List<PodCause> causes, CancellationToken cancellationToken)
    {
        PodCause[] chosen = [.. causes
            .Where(static c => c.Pod is not null && c.Kind is PodCauseKind.CrashLoop or PodCauseKind.OutOfMemory or PodCauseKind.NotConnected or PodCauseKind.NotReady)
            .GroupBy(static c => (c.Group, c.Kind)).SelectMany(static g => g.Take(2)).Take(MostLogs)];
        Dictionary<PodCause, string> ends = [];
        await Task.WhenAll(chosen.Select(async cause =>
        {
            string end = await LastLinesAsync(cause, cancellationToken).ConfigureAwait(false);
            lock (_lock)
            {
                ends[cause] = end;
            }
        })).ConfigureAwait(false);
        return [.. causes.Select(c => ends.GetValueOrDefault(c) is { Length: > 0 } end ? c with { Text = c.Text + end } : c)];
    }

    private async Task<string> LastLinesAsync(PodCause cause, CancellationToken cancellationToken)
    {
        V1Pod? pod = view.PodsByGroup.SelectMany(static g => g).Append(scheduler).FirstOrDefault(p => p?.Metadata.Name == cause.Pod);
        if (pod is null)
        {
            return "";
        }

        LogTarget target = new(cause.Pod!, cause.Group, PodComponent.Worker, DaskContainer.NameOf(pod, owners.Find(pod)?.Container));
        List<string> lines = [];
        try
        {
            PodLogFilter filter = new() { TailLines = LogLines };
            await foreach ((LogsRawLine line, bool isNotice) in LogsOfPod.ReadAsync(requests, pod, target, filter, null, cancellationToken).ConfigureAwait(false))
            {
                if (!isNotice)
                {
                    lines.Add(Words.OneLine(line.Text, LongestLogLine));
                }
                else if (lines.Count == 0 && line.Text.Contains("Not allowed", StringComparison.Ordinal))
                {
                    Remark("Reading logs is not allowed (a Role would need: apiGroups [\"\"], resources [\"pods/log\"], verbs [\"get\"]).");
                }
            }
        }
        catch (OperationCanceledException)
        {
            Remark("Some logs could not be read in time.");
        }

        string indent = "\n      | ";
        return lines.Count == 0
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $"; its log ends with:{indent}{string.Join(indent, lines.TakeLast(LogLines))}");
    }

    private void Remark(string text)
    {
        lock (_lock)
        {
            _remarks.Add(text);
        }
    }
}
