namespace DaskK8s.PortForwarding.Tunnels;

/// <summary>A pod to reach. A pod of the same name with another uid is another pod.</summary>
/// <param name="Namespace">The pod's namespace.</param>
/// <param name="Name">The pod's name.</param>
/// <param name="Uid">The pod's uid.</param>
internal sealed record PodTarget(string Namespace, string Name, string Uid)
{
    public override string ToString() => $"{Namespace}/{Name}";
}
