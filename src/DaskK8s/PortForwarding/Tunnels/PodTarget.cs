namespace DaskK8s.PortForwarding.Tunnels;

/// <summary>A pod to connect to. A pod with the same name but another UID is a different pod.</summary>
/// <param name="Namespace">The pod's namespace.</param>
/// <param name="Name">The pod's name.</param>
/// <param name="Uid">The pod's UID.</param>
internal sealed record PodTarget(string Namespace, string Name, string Uid)
{
    public override string ToString() => $"{Namespace}/{Name}";
}
