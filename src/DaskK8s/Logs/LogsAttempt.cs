using System.Runtime.CompilerServices;

using DaskK8s.Kubernetes;

namespace DaskK8s.Logs;

/// <summary>Reads a log and keeps the error that ended it, so that the lines before it are not lost.</summary>
internal sealed class LogsAttempt(KubeRequests requests, LogsRequest request)
{
    private int _lines;

    /// <summary>Gets the error that ended the log, or null if it was read to its end.</summary>
    public KubernetesApiException? Error { get; private set; }

    public bool HasLines => _lines > 0;

    /// <summary>Gets whether the last line read is the first one.</summary>
    public bool IsFirst => _lines == 1;

    public async IAsyncEnumerable<LogsRawLine> ReadAsync(Action? opened, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IAsyncEnumerator<LogsRawLine> lines = LogsReading.ReadAsync(requests, request, opened, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using ConfiguredAsyncDisposable disposal = lines.ConfigureAwait(false);
        while (true)
        {
            try
            {
                if (!await lines.MoveNextAsync().ConfigureAwait(false))
                {
                    yield break;
                }
            }
            catch (KubernetesApiException e)
            {
                Error = e;
                yield break;
            }

            _lines = HasLines ? 2 : 1;
            yield return lines.Current;
        }
    }
}
