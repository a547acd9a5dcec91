using System.Net;

using k8s.Models;

namespace DaskK8s.Groups;

/// <summary>Provides the addresses of pods in a form that can be compared with those of Dask workers.</summary>
internal static class PodAddresses
{
    /// <summary>Returns every address of a pod: two if the cluster has IPv4 and IPv6.</summary>
    public static IEnumerable<string> Of(V1Pod pod) => Raw(pod).Select(Normalize).Distinct(StringComparer.Ordinal);

    /// <summary>Returns the addresses as Kubernetes writes them.</summary>
    public static IEnumerable<string> Raw(V1Pod pod) =>
        (pod.Status?.PodIPs ?? []).Select(static a => a.Ip).Append(pod.Status?.PodIP).OfType<string>().Where(static a => a.Length > 0).Distinct(StringComparer.Ordinal);

    public static string Normalize(string address) => IPAddress.TryParse(address.Trim('[', ']'), out IPAddress? ip) ? ip.ToString() : address;
}
