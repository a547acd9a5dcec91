using DaskK8s.Helm.Values;

namespace DaskK8s.WorkerGroups;

/// <summary>Computes how many pods of a group make up an amount of memory, cores or GPUs.</summary>
internal static class PodSize
{
    /// <summary>Returns the pods that it takes: enough for each of the amounts.</summary>
    /// <exception cref="ScaleTargetUnknownException">The group's pods do not say how much they have.</exception>
    public static int PodsFor(WorkerGroup group, decimal? memory, decimal? cores, int? gpus)
    {
        decimal pods = 0;
        foreach ((string resource, decimal? wanted) in new[] { ("memory", memory), ("cpu", cores), ("gpu", gpus) })
        {
            if (wanted is { } amount)
            {
                pods = Math.Max(pods, Math.Ceiling(amount / Each(group, resource)));
            }
        }

        return (int)Math.Min(pods, int.MaxValue);
    }

    private static decimal Each(WorkerGroup group, string resource)
    {
        decimal each = resource == "gpu" ? group.GpuCount : Quantity(group.Limits, resource) ?? Quantity(group.Requests, resource) ?? 0;
        return each > 0 ? each : throw new ScaleTargetUnknownException(group.Name, resource, group.Limits.Keys.Union(group.Requests.Keys));
    }

    private static decimal? Quantity(IReadOnlyDictionary<string, string> quantities, string resource) =>
        quantities.TryGetValue(resource, out string? text) && KubeQuantity.TryParse(text, out decimal value) ? value : null;
}
