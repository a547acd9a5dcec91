using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

using DaskK8s.Logs;

using k8s.Models;

namespace DaskK8s.Waiting;

/// <summary>Matches pods with the workers that the scheduler lists, by IP address.</summary>
/// <remarks>
/// Many workers may be one pod's (<c>--nworkers</c>, <c>dask-cuda-worker</c>), and with host networking several pods have one
/// address: they share its workers in order.
/// </remarks>
internal sealed partial class PodConnections
{
    private readonly Dictionary<string, int> _listed;
    private readonly Dictionary<string, (int Listed, int Expected)> _byUid = new(StringComparer.Ordinal);

    public PodConnections(IReadOnlyDictionary<string, int> listed, IEnumerable<V1Pod> activePods)
    {
        _listed = listed.GroupBy(static l => Normalize(l.Key), StringComparer.Ordinal).ToDictionary(static g => g.Key, static g => g.Sum(static l => l.Value), StringComparer.Ordinal);
        Dictionary<string, int> left = new(_listed, StringComparer.Ordinal);
        foreach (V1Pod pod in activePods.OrderBy(static p => p.Metadata.CreationTimestamp).ThenBy(static p => p.Metadata.Uid, StringComparer.Ordinal))
        {
            int expected = ExpectedWorkers(pod);
            int found = 0;
            foreach (string address in AddressesOf(pod))
            {
                int take = Math.Min(expected - found, left.GetValueOrDefault(address));
                found += take;
                left[address] = left.GetValueOrDefault(address) - take;
            }

            _byUid[pod.Metadata.Uid] = (found, expected);
        }
    }

    public bool IsConnected(V1Pod pod) => _byUid.TryGetValue(pod.Metadata.Uid, out (int Listed, int Expected) p) && p.Listed >= p.Expected;

    public (int Listed, int Expected) Of(V1Pod pod) => _byUid.GetValueOrDefault(pod.Metadata.Uid, (0, 1));

    public bool IsListed(string address) => _listed.GetValueOrDefault(Normalize(address)) > 0;

    public static IEnumerable<string> AddressesOf(V1Pod pod) =>
        (pod.Status?.PodIPs ?? []).Select(static a => a.Ip).Append(pod.Status?.PodIP).OfType<string>().Where(static a => a.Length > 0).Select(Normalize).Distinct(StringComparer.Ordinal);

    public static string Normalize(string address) => IPAddress.TryParse(address.Trim('[', ']'), out IPAddress? ip) ? ip.ToString() : address;

    /// <summary>Gives how many workers a pod starts as its arguments say, or 1 where they leave it to the worker.</summary>
    internal static int ExpectedWorkers(V1Pod pod)
    {
        string container = LogTarget.ContainerOf(pod);
        V1Container? worker = pod.Spec?.Containers?.FirstOrDefault(c => c.Name == container);
        string arguments = string.Join(' ', [.. worker?.Command ?? [], .. worker?.Args ?? []]);
        Match match = NumberOfWorkers().Match(arguments);
        return match.Success && int.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0 ? count : 1;
    }

    // --nprocs is the name up to 2021. "auto" and negative numbers depend on the node.
    [GeneratedRegex(@"(?:^|\s)--(?:nworkers|nprocs)[=\s]+['""]?(\d{1,5})(?![\w-])", RegexOptions.CultureInvariant)]
    private static partial Regex NumberOfWorkers();
}
