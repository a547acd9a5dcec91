using k8s;
using k8s.Autorest;
using k8s.Models;

namespace DaskK8s.Benchmarks.Tunnel;

/// <summary>Finds images with Python that a cluster has already.</summary>
internal static class ImageFinder
{
    /// <summary>Tried last; a node that can pull gets it.</summary>
    private const string Fallback = "python:3-slim";

    private const int MostCandidates = 6;

    private static readonly string[] Hints = ["dask", "python", "jupyter"];

    /// <summary>Returns the images of Dask schedulers that run, then images on the nodes whose names speak of Python.</summary>
    public static async Task<IReadOnlyList<string>> FindAsync(k8s.Kubernetes client)
    {
        IEnumerable<string> running = await OrNoneAsync(async () =>
            (await client.CoreV1.ListPodForAllNamespacesAsync(labelSelector: "component=scheduler")).Items
                .Where(p => p.Status?.Phase == "Running").Select(p => p.Spec.Containers[0].Image));
        IEnumerable<string> present = await OrNoneAsync(async () =>
            (await client.CoreV1.ListNodeAsync()).Items
                .SelectMany(n => n.Status.Images ?? []).Select(NameOf).OfType<string>()
                .Select(name => (Name: name, Rank: Array.FindIndex(Hints, hint => name.Split('/')[^1].Contains(hint, StringComparison.OrdinalIgnoreCase))))
                .Where(image => image.Rank >= 0).OrderBy(image => image.Rank).ThenByDescending(image => image.Name, StringComparer.Ordinal)
                .Select(image => image.Name));
        return [.. running.Concat(present).Distinct().Take(MostCandidates), Fallback];
    }

    /// <summary>Takes the name with a tag, as a digest alone says nothing to people.</summary>
    private static string? NameOf(V1ContainerImage image) => image.Names?.FirstOrDefault(n => !n.Contains('@', StringComparison.Ordinal)) ?? image.Names?.FirstOrDefault();

    /// <summary>Returns nothing where the user may not look: there are other places.</summary>
    private static async Task<IEnumerable<string>> OrNoneAsync(Func<Task<IEnumerable<string>>> look)
    {
        try
        {
            return await look();
        }
        catch (HttpOperationException)
        {
            return [];
        }
    }
}
