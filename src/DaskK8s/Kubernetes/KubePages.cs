namespace DaskK8s.Kubernetes;

/// <summary>Reads a collection page by page, so that neither side holds more than a page of its text at a time.</summary>
internal static class KubePages
{
    private const int Size = 500;

    /// <summary>Reads all pages.</summary>
    /// <param name="read">Reads a page of a size, from a token on; gives the token of the next one.</param>
    /// <param name="all">Takes the items.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends with the last page.</returns>
    public static async Task ReadAsync<T>(
        Func<int, string?, CancellationToken, Task<(IReadOnlyList<T> Items, string? Next)>> read, List<T> all, CancellationToken cancellationToken)
    {
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
    }
}
