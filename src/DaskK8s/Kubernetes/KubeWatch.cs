using System.Collections.Immutable;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;

using k8s;
using k8s.Models;

namespace DaskK8s.Kubernetes;

/// <summary>Lists a collection, then follows its changes; gives the whole of it, by uid, after each change.</summary>
/// <remarks>
/// Watches can stall without a word, so the server ends each after four minutes and a silence longer than that counts as a dead
/// connection. After a 410 (the version is too old), an error or an end, the collection is listed again from the start.
/// </remarks>
internal static class KubeWatch
{
    private const int ServerTimeoutSeconds = 240;
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(ServerTimeoutSeconds + 30);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    /// <summary>Follows a collection.</summary>
    /// <param name="requests">The way to the API server.</param>
    /// <param name="call">The call that lists the collection; a failure to list is thrown.</param>
    /// <param name="path">The path of the collection, with its selectors: <c>api/v1/namespaces/default/pods?labelSelector=…</c>.</param>
    /// <param name="list">Lists the collection.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <returns>The collection after the list and after each change.</returns>
    public static async IAsyncEnumerable<ImmutableDictionary<string, T>> FollowAsync<T>(
        KubeRequests requests,
        KubernetesApiCall call,
        string path,
        Func<IKubernetes, CancellationToken, Task<(IList<T> Items, string? Version)>> list,
        [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        while (true)
        {
            (IList<T> items, string? version) = await requests.RunAsync(call, list, cancellationToken).ConfigureAwait(false);
            ImmutableDictionary<string, T> known = items.ToImmutableDictionary(static item => item.Metadata.Uid);
            yield return known;

            KubeApiLog.WatchStarted(requests.Logger, call.Resource, version);
            IAsyncEnumerator<(string Type, T Item)> changes =
                ReadAsync<T>(requests, path, version, cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using ConfiguredAsyncDisposable disposal = changes.ConfigureAwait(false);
            while (true)
            {
                string? ended = null;
                try
                {
                    if (!await changes.MoveNextAsync().ConfigureAwait(false))
                    {
                        ended = "the server closed it";
                    }
                }
                catch (Exception e) when (e is HttpRequestException or IOException or JsonException
                    || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
                {
                    ended = e.GetType().Name;
                }

                if (ended is not null)
                {
                    KubeApiLog.WatchEnded(requests.Logger, call.Resource, ended);
                    await Task.Delay(PauseAfterFailure, requests.TimeProvider, cancellationToken).ConfigureAwait(false);
                    break;
                }

                (string type, T item) = changes.Current;
                known = type == "DELETED" ? known.Remove(item.Metadata.Uid) : known.SetItem(item.Metadata.Uid, item);
                yield return known;
            }
        }
    }

    private static async IAsyncEnumerable<(string Type, T Item)> ReadAsync<T>(
        KubeRequests requests, string path, string? version, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class
    {
        char separator = path.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(
            $"{path}{separator}watch=true&allowWatchBookmarks=true&timeoutSeconds={ServerTimeoutSeconds}&resourceVersion={version}", UriKind.Relative))
        {
            Version = HttpVersion.Version20,
        };
        using CancellationTokenSource silence = new(LongestSilence, requests.TimeProvider);
        using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        using HttpResponseMessage response = await requests.Connection.SendAsync(request, linked.Token).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            yield break;
        }

        using StreamReader reader = new(await response.Content.ReadAsStreamAsync(linked.Token).ConfigureAwait(false));
        while (await reader.ReadLineAsync(linked.Token).ConfigureAwait(false) is { } line)
        {
            silence.CancelAfter(LongestSilence);
            using JsonDocument change = JsonDocument.Parse(line);
            if (change.RootElement.ValueKind != JsonValueKind.Object
                || !change.RootElement.TryGetProperty("type", out JsonElement kind)
                || kind.GetString() is not { } type
                || type == "ERROR"
                || !change.RootElement.TryGetProperty("object", out JsonElement item))
            {
                yield break;
            }

            if (type != "BOOKMARK")
            {
                yield return (type, KubernetesJson.Deserialize<T>(item));
            }
        }
    }
}
