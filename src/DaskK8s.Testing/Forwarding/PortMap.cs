using System.Net;

namespace DaskK8s.Testing.Forwarding;

/// <summary>The pod ports that a test has redirected to its own servers.</summary>
internal sealed class PortMap
{
    private readonly Lock _gate = new();
    private readonly List<(PodSelector Selector, int Port, IPEndPoint Target)> _ports = [];

    public void Add(PodSelector selector, int port, IPEndPoint target)
    {
        lock (_gate)
        {
            _ports.Insert(0, (selector, port, target));
        }
    }

    public IPEndPoint? Find(PodPort asked)
    {
        lock (_gate)
        {
            foreach ((PodSelector selector, int port, IPEndPoint target) in _ports)
            {
                if (port == asked.Port && selector.Matches(asked.Namespace, asked.Pod, asked.Labels))
                {
                    return target;
                }
            }

            return null;
        }
    }
}
