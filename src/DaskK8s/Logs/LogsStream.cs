using System.Runtime.CompilerServices;

using DaskK8s.Kubernetes;

using k8s.Models;

namespace DaskK8s.Logs;

/// <summary>Merges the current logs of a release's pods.</summary>
internal sealed class LogsStream(KubeRequests requests, LogTargets targets)
{
    /// <summary>The time for which a log that is being opened may delay the lines of the others.</summary>
    internal static readonly TimeSpan OpeningLimit = TimeSpan.FromSeconds(5);

    public async IAsyncEnumerable<PodLogLine> ReadAsync(IEnumerable<V1Pod> pods, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        LogsMerger merger = new(requests.TimeProvider, null, OpeningLimit);
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Task> readers = [];
        foreach (V1Pod pod in pods)
        {
            if (targets.Choose(pod) is { } target)
            {
                readers.Add(ReadPodAsync(pod, target, merger.Add(), ending.Token));
            }
        }

        merger.Close();
        try
        {
            await foreach (PodLogLine line in merger.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return line;
            }
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(readers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        // An error that no reader foresaw must not look like the logs' end.
        await Task.WhenAll(readers).ConfigureAwait(false);
    }

    private async Task ReadPodAsync(V1Pod pod, LogTarget target, LogsMerger.Source source, CancellationToken cancellationToken)
    {
        using LogsMerger.Source end = source;
        LogsSink sink = new(source, target, requests.TimeProvider);
        await foreach ((LogsRawLine line, bool isNotice) in LogsOfPod.ReadAsync(requests, pod, target, targets.Filter, source.Opened, cancellationToken).ConfigureAwait(false))
        {
            await (isNotice ? sink.AddNoticeAsync(line.Text, line.Time, cancellationToken) : sink.AddAsync(line, cancellationToken)).ConfigureAwait(false);
        }
    }
}
