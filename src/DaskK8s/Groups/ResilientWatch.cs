using System.Runtime.CompilerServices;

using DaskK8s.Common;
using DaskK8s.Kubernetes;

namespace DaskK8s.Groups;

/// <summary>Watches a collection even if the API server is temporarily unavailable.</summary>
internal static class ResilientWatch
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    /// <summary>Watches again after a transient failure; an initial or a permanent failure (401, 403) is thrown.</summary>
    public static async IAsyncEnumerable<T> FollowAsync<T>(
        KubeRequests requests, Func<CancellationToken, IAsyncEnumerable<T>> follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        bool began = false;
        BackOff pause = new(FirstPause, LongestPause);
        TimeSpan? asked = null;
        while (true)
        {
            IAsyncEnumerator<T> changes = follow(cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using (changes.ConfigureAwait(false))
            {
                while (true)
                {
                    try
                    {
                        if (!await changes.MoveNextAsync().ConfigureAwait(false))
                        {
                            yield break;
                        }
                    }
                    catch (KubernetesApiException e) when (began && MayPass(e))
                    {
                        KubeApiLog.FollowFailed(requests.Logger, e.Call.Resource, e.GetType().Name);
                        asked = RetryAfter.Of(e, requests.TimeProvider);
                        break;
                    }

                    began = true;
                    pause.Reset();
                    yield return changes.Current;
                }
            }

            await Task.Delay(pause.Next(asked), requests.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    public static bool MayPass(KubernetesApiException error) =>
        error is KubernetesUnreachableException or KubernetesServerException or KubernetesThrottledException or KubernetesTimeoutException;
}
