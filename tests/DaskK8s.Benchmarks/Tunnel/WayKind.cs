namespace DaskK8s.Benchmarks.Tunnel;

/// <summary>Names the ways to the data pod that are compared.</summary>
internal enum WayKind
{
    /// <summary>This library's forward.</summary>
    Ours,

    /// <summary><c>kubectl port-forward</c>.</summary>
    Kubectl,

    /// <summary>The pod's address, where this machine reaches it: the limit.</summary>
    Direct,
}
