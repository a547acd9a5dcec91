using System.Runtime.CompilerServices;

using DaskK8s.Common;
using DaskK8s.Kubernetes;

namespace DaskK8s.Logs;

/// <summary>Reads one container's log, with the same errors as other API calls.</summary>
internal static class LogsReading
{
    /// <summary>The maximum time without data in the middle of a log.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(30);

    /// <summary>Reads the log line by line.</summary>
    /// <param name="requests">The requests to the API server.</param>
    /// <param name="request">The log to read.</param>
    /// <param name="opened">Called when the log is open.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The lines.</returns>
    /// <exception cref="KubernetesApiException">The log could not be opened, or was interrupted.</exception>
    public static async IAsyncEnumerable<LogsRawLine> ReadAsync(
        KubeRequests requests, LogsRequest request, Action? opened, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await request.OpenAsync(requests, cancellationToken).ConfigureAwait(false);
        LogsLog.LogOpened(requests.Logger, request.Pod, request.Container);
        opened?.Invoke();
        KubernetesApiCall call = new("get", "pods/log", "", requests.Connection.Namespace, request.Pod);
        using TimeLimit silence = new(request.Follow ? Timeout.InfiniteTimeSpan : LongestSilence, requests.TimeProvider, cancellationToken);
        Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        IAsyncEnumerator<LogsRawLine> lines = LogsLineReader.ReadAsync(stream, silence.Token).GetAsyncEnumerator(silence.Token);
        await using ConfiguredAsyncDisposable disposal = lines.ConfigureAwait(false);
        while (true)
        {
            try
            {
                if (!await lines.MoveNextAsync().ConfigureAwait(false))
                {
                    break;
                }
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw KubeErrors.TimedOut(call, LongestSilence, requests.Connection.BaseUri);
            }
            catch (Exception e) when (e is IOException or HttpRequestException)
            {
                throw KubeErrors.Unreachable(e, call, requests.Connection.BaseUri);
            }

            // A reader that waits for others is not a node that is silent.
            silence.Restart(Timeout.InfiniteTimeSpan);
            yield return lines.Current;
            silence.Restart(LongestSilence);
        }
    }
}
