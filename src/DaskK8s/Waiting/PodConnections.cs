using DaskK8s.Groups;

using k8s.Models;

namespace DaskK8s.Waiting;

/// <summary>The assignment of workers that the scheduler lists to pods, by IP address.</summary>
/// <remarks>
/// A pod can have many workers (<c>--nworkers</c>, <c>dask-cuda-worker</c>). With host networking, several pods have the same
/// address, and its workers are assigned to them in order.
/// </remarks>
internal sealed class PodConnections
{
    private readonly Dictionary<string, int> _listed;
    private readonly Dictionary<string, (int Listed, int Expected)> _byUid = new(StringComparer.Ordinal);

    public PodConnections(IReadOnlyDictionary<string, int> listed, IEnumerable<V1Pod> activePods)
    {
        _listed = listed.GroupBy(static l => PodAddresses.Normalize(l.Key), StringComparer.Ordinal).ToDictionary(static g => g.Key, static g => g.Sum(static l => l.Value), StringComparer.Ordinal);
        Dictionary<string, int> left = new(_listed, StringComparer.Ordinal);
        foreach (V1Pod pod in activePods.OrderBy(static p => p.Metadata.CreationTimestamp).ThenBy(static p => p.Metadata.Uid, StringComparer.Ordinal))
        {
            int expected = DaskContainer.WorkersOf(pod);
            int found = 0;
            foreach (string address in PodAddresses.Of(pod))
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

    public bool IsListed(string address) => _listed.GetValueOrDefault(PodAddresses.Normalize(address)) > 0;
}
