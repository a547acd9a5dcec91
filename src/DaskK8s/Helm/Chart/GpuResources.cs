using DaskK8s.Helm.Values;

namespace DaskK8s.Helm.Chart;

/// <summary>Counts the GPUs that a container is assigned, by the resource names of the vendors' device plugins.</summary>
internal static class GpuResources
{
    /// <summary>Counts the GPUs, MIG slices and GPU shares among a container's limits.</summary>
    /// <param name="limits">Resource names and quantities.</param>
    /// <returns>The number; device quantities cannot be fractions.</returns>
    public static int Count(IEnumerable<KeyValuePair<string, string>> limits)
    {
        decimal count = 0;
        foreach ((string? name, string? quantity) in limits)
        {
            if (IsGpu(name) && KubeQuantity.TryParse(quantity, out decimal devices) && devices > 0)
            {
                count += devices;
            }
        }

        return (int)Math.Min(count, int.MaxValue);
    }

    /// <summary>Determines whether a resource is a GPU or a slice of one.</summary>
    public static bool IsGpu(string resource) => resource switch
    {
        "nvidia.com/gpu" or "nvidia.com/gpu.shared" or "amd.com/gpu" => true,
        _ when resource.StartsWith("nvidia.com/mig-", StringComparison.Ordinal) => true,

        // Intel's plugin has one resource a driver (i915, xe); these go along with it and are not devices.
        "gpu.intel.com/millicores" or "gpu.intel.com/memory.max" or "gpu.intel.com/tiles" => false,
        _ => resource.StartsWith("gpu.intel.com/", StringComparison.Ordinal) && !resource.EndsWith("_monitoring", StringComparison.Ordinal),
    };
}
