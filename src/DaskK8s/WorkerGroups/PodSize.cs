using DaskK8s.Helm.Chart;
using DaskK8s.Helm.Values;

namespace DaskK8s.WorkerGroups;

/// <summary>Computes how many pods of a group make up an amount of memory, cores or GPUs.</summary>
internal static class PodSize
{
    /// <summary>Checks the requested size.</summary>
    /// <returns>The memory in bytes, or null if none is requested.</returns>
    /// <exception cref="ArgumentException">None of the three is given, or one is not valid.</exception>
    public static long? Check(string? memory, double? cores, int? gpus)
    {
        if (memory is null && cores is null && gpus is null)
        {
            throw new ArgumentException("Specify the memory, cores or GPUs of the group.");
        }

        long bytes = 0;
        if (memory is not null && (!DaskBytes.TryParse(memory, out bytes) || bytes < 0))
        {
            throw new ArgumentException($"\"{memory}\" is not an amount of memory; write it as 1TB, 512 GiB or 4e9.", nameof(memory));
        }

        if (cores is { } number && (!double.IsFinite(number) || number is < 0 or > 1e9))
        {
            throw new ArgumentOutOfRangeException(nameof(cores), cores, "The number of cores must be from 0 to 1,000,000,000.");
        }

        if (gpus is { } count)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(count, nameof(gpus));
        }

        return memory is null ? null : bytes;
    }

    /// <summary>Returns the number of pods needed to provide each of the amounts.</summary>
    /// <exception cref="ScaleTargetUnknownException">The group's pods do not declare that resource.</exception>
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
