using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;

using DaskK8s.Common;

using k8s;
using k8s.Models;

namespace DaskK8s.Kubernetes;

/// <summary>Lists a collection, then follows its changes; returns the whole collection, by UID, after each change.</summary>
/// <remarks>
/// Watches can stall silently, so the server ends each after four minutes, and a longer silence counts as a dead
/// connection. After a 410 (the version is too old), an error or an end, the collection is listed again from the start. The pause before
/// that grows while watches return nothing, and is as long as the server requests. A caller who can list but not watch
/// sees changes at that rate.
/// </remarks>
internal static class KubeWatch
{
    private const int ServerTimeoutSeconds = 240;
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(ServerTimeoutSeconds + 30);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>Follows a collection.</summary>
    /// <param name="requests">The requests to the API server.</param>
    /// <param name="call">The call that lists the collection; a failure to list it is thrown.</param>
    /// <param name="path">The path of the collection, with its selectors: <c>api/v1/namespaces/default/pods?labelSelector=…</c>.</param>
    /// <param name="list">Lists the collection.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <returns>The collection after the list and after each change, each with its version.</returns>
    public static async IAsyncEnumerable<Followed<T>> FollowAsync<T>(
        KubeRequests requests,
        KubernetesApiCall call,
        string path,
        Func<IKubernetes, CancellationToken, Task<(IList<T> Items, string? Version)>> list,
        [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        KubernetesApiCall watch = call with { Verb = "watch" };
        BackOff pause = new(FirstPause, LongestPause);
        while (true)
        {
            (ImmutableDictionary<string, T> known, string? version) = await ListAsync(requests, call, list, cancellationToken).ConfigureAwait(false);
            yield return new Followed<T>(known, Followed.VersionOf(version));

            KubeApiLog.WatchStarted(requests.Logger, call.Resource, version);
            long start = requests.TimeProvider.GetTimestamp();
            IAsyncEnumerator<(string Type, T Item)> changes =
                ReadAsync<T>(requests, watch, path, version, cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using ConfiguredAsyncDisposable disposal = changes.ConfigureAwait(false);
            while (true)
            {
                string? ended = null;
                TimeSpan? asked = null;
                try
                {
                    if (!await changes.MoveNextAsync().ConfigureAwait(false))
                    {
                        ended = "the server closed it";
                    }
                }
                catch (KubernetesApiException e)
                {
                    asked = RetryAfter.Of(e, requests.TimeProvider);
                    ended = e.GetType().Name;
                    requests.NoteWatch(watch, e);
                }
                catch (Exception e) when (!cancellationToken.IsCancellationRequested && !requests.Connection.Lifetime.HasEnded
                    && (e is HttpRequestException or IOException or SocketException or OperationCanceledException || KubeRequests.IsUnreadable(e)))
                {
                    ended = e.GetType().Name;
                }

                if (ended is not null)
                {
                    if (requests.TimeProvider.GetElapsedTime(start) > LongestPause)
                    {
                        pause.Reset();
                    }

                    KubeApiLog.WatchEnded(requests.Logger, call.Resource, ended);
                    await Task.Delay(pause.Next(asked), requests.TimeProvider, cancellationToken).ConfigureAwait(false);
                    break;
                }

                pause.Reset();
                requests.NoteWatch(watch, null);
                (string type, T changed) = changes.Current;
                known = type == "DELETED" ? known.Remove(changed.Metadata.Uid) : known.SetItem(changed.Metadata.Uid, changed);
                yield return new Followed<T>(known, Followed.VersionOf(changed.Metadata.ResourceVersion));
            }
        }
    }

    /// <summary>Lists a collection, as the first step of following it.</summary>
    /// <returns>The objects by uid, and the version of the list.</returns>
    public static async Task<(ImmutableDictionary<string, T> Items, string? Version)> ListAsync<T>(
        KubeRequests requests,
        KubernetesApiCall call,
        Func<IKubernetes, CancellationToken, Task<(IList<T> Items, string? Version)>> list,
        CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        (IList<T> items, string? version) = await requests.RunAsync(call, list, cancellationToken).ConfigureAwait(false);
        ImmutableDictionary<string, T>.Builder listed = ImmutableDictionary.CreateBuilder<string, T>(StringComparer.Ordinal);
        foreach (T item in items ?? [])
        {
            listed[UidOf(item) ?? throw KubeErrors.NotKubernetes(call, requests.Connection.BaseUri)] = item;
        }

        return (listed.ToImmutable(), version);
    }

    private static string? UidOf<T>(T? item)
        where T : class, IKubernetesObject<V1ObjectMeta> => KubeAnswers.IsObject(item) && item!.Metadata.Uid is { Length: > 0 } uid ? uid : null;

    private static async IAsyncEnumerable<(string Type, T Item)> ReadAsync<T>(
        KubeRequests requests, KubernetesApiCall watch, string path, string? version, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        char separator = path.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(
            $"{path}{separator}watch=true&allowWatchBookmarks=true&timeoutSeconds={ServerTimeoutSeconds}&resourceVersion={version}", UriKind.Relative))
        {
            Version = HttpVersion.Version20,
        };
        using TimeLimit silence = new(LongestSilence, requests.TimeProvider, cancellationToken, requests.Connection.Lifetime.Token);
        using HttpResponseMessage response = await requests.Connection.SendStreamAsync(request, silence.Token).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            throw KubeErrors.From(response, await response.Content.ReadAsStringAsync(silence.Token).ConfigureAwait(false), watch);
        }

        Stream body = await response.Content.ReadAsStreamAsync(silence.Token).ConfigureAwait(false);
        await foreach (ReadOnlyMemory<byte> line in KubeLines.ReadAsync(body, KubeLines.MaxLineBytes, silence.Token).ConfigureAwait(false))
        {
            silence.Restart(LongestSilence);
            using JsonDocument change = JsonDocument.Parse(line);
            if (change.RootElement.ValueKind != JsonValueKind.Object
                || !change.RootElement.TryGetProperty("type", out JsonElement kind)
                || kind.ValueKind != JsonValueKind.String
                || kind.GetString() is not { } type
                || type == "ERROR"
                || !change.RootElement.TryGetProperty("object", out JsonElement item))
            {
                yield break;
            }

            if (type != "BOOKMARK")
            {
                T changed = KubernetesJson.Deserialize<T>(item);
                yield return UidOf(changed) is null ? throw new JsonException("No object of Kubernetes.") : (type, changed);
            }
        }
    }
}
