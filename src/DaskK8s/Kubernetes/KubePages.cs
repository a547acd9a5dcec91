using k8s;
using k8s.Models;

namespace DaskK8s.Kubernetes;

/// <summary>Reads a collection page by page, so that neither side holds more than one serialized page at a time.</summary>
internal static class KubePages
{
    private const int Size = 500;

    /// <summary>Reads all pages.</summary>
    /// <param name="read">Reads a page of the given size, starting at a token; returns the token of the next page.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The items of all pages.</returns>
    public static async Task<IReadOnlyList<T>> ReadAsync<T>(
        Func<int, string?, CancellationToken, Task<(IReadOnlyList<T> Items, string? Next)>> read, CancellationToken cancellationToken)
    {
        List<T> all = [];
        string? next = null;
        do
        {
            try
            {
                (IReadOnlyList<T> items, next) = await read(Size, next, cancellationToken).ConfigureAwait(false);
                all.AddRange(items);
            }
            catch (KubernetesApiException e) when (e.StatusCode == 410 && next is not null)
            {
                // The snapshot behind the pages has expired: then all of it at once.
                all.Clear();
                (IReadOnlyList<T> items, next) = await read(int.MaxValue, null, cancellationToken).ConfigureAwait(false);
                all.AddRange(items);
            }
        }
        while (next is not null);
        return all;
    }

    /// <summary>Reads all pages of a typed collection.</summary>
    /// <param name="requests">The requests to the API server.</param>
    /// <param name="call">The call, for errors.</param>
    /// <param name="list">Lists a page of the given size, starting at a token.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The items of all pages.</returns>
    public static Task<IReadOnlyList<T>> ReadAsync<TList, T>(
        KubeRequests requests, KubernetesApiCall call, Func<IKubernetes, int, string?, CancellationToken, Task<TList>> list, CancellationToken cancellationToken)
        where TList : IKubernetesObject<V1ListMeta>, IItems<T> =>
        ReadAsync<T>(
            async (limit, next, token) =>
            {
                TList page = await requests.RunAsync(call, (client, ct) => list(client, limit, next, ct), token).ConfigureAwait(false);
                return ([.. page.Items ?? []], page.Metadata?.ContinueProperty is { Length: > 0 } rest ? rest : null);
            },
            cancellationToken);
}
