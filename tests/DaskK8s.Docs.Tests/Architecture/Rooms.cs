namespace DaskK8s.Docs.Tests.Architecture;

/// <summary>The order of the rooms, declared once. Code uses types of its own room and of rooms further down.</summary>
internal static class Rooms
{
    /// <summary>Every folder of <c>src</c> that holds code, the highest first.</summary>
    public static IList<string> Order { get; } =
    [
        "src/DaskK8s.PowerShell/Commands",
        "src/DaskK8s.PowerShell/Completion",
        "src/DaskK8s.PowerShell",
        "src/DaskK8s.PowerShell.Engine",
        "src/DaskK8s.Interactive",
        "src/DaskK8s.Interactive/Views",
        "src/DaskK8s.Interactive/Html",
        "src/DaskK8s.Hosting/Adaptive",
        "src/DaskK8s.Hosting/Health",
        "src/DaskK8s.Hosting/Connection",
        "src/DaskK8s.Hosting/Configuration",
        "src/DaskK8s.Arrow",
        "src/DaskK8s/Cluster",
        "src/DaskK8s/Adaptive",
        "src/DaskK8s/WorkerGroups",
        "src/DaskK8s/Scaling/Lossless",
        "src/DaskK8s/Scaling",
        "src/DaskK8s/Scaling/Ownership",
        "src/DaskK8s/Waiting",
        "src/DaskK8s/Logs",
        "src/DaskK8s/Causes",
        "src/DaskK8s/Permissions",
        "src/DaskK8s/Groups",
        "src/DaskK8s/Reach",
        "src/DaskK8s/Dask",
        "src/DaskK8s/Dask/Code",
        "src/DaskK8s/Dask/Tasks",
        "src/DaskK8s/Dask/Data",
        "src/DaskK8s/Dask/Rpc",
        "src/DaskK8s/Dask/Protocol",
        "src/DaskK8s/Dask/Arrays",
        "src/DaskK8s/PortForwarding",
        "src/DaskK8s/PortForwarding/Spdy",
        "src/DaskK8s/PortForwarding/Tunnels",
        "src/DaskK8s/Helm",
        "src/DaskK8s/Helm/Chart",
        "src/DaskK8s/Helm/Records",
        "src/DaskK8s/Helm/Values",
        "src/DaskK8s/Kubernetes",
        "src/DaskK8s/Kubernetes/Transport",
        "src/DaskK8s/Kubernetes/Credentials",
        "src/DaskK8s/Kubernetes/Config",
        "src/DaskK8s/Yaml",
        "src/DaskK8s/Sockets",
        "src/DaskK8s/Common",
        "src/DaskK8s.Testing",
        "src/DaskK8s.Testing/Controllers",
        "src/DaskK8s.Testing/Forwarding",
        "src/DaskK8s.Testing/Processes",
        "src/DaskK8s.Testing/Releases",
        "src/DaskK8s.Testing/Api",
        "src/DaskK8s.Testing/Patching",
        "src/DaskK8s.Testing/Storage",
        "src/DaskK8s.Testing/Options",
    ];

    /// <summary>Upward arrows that are still to be cut. The list only gets shorter.</summary>
    public static IReadOnlyList<(string From, string To)> ToCut { get; } =
    [
        ("src/DaskK8s.Testing/Releases", "src/DaskK8s.Testing"),
        ("src/DaskK8s/Dask/Tasks", "src/DaskK8s/Dask"),
        ("src/DaskK8s/Helm/Records", "src/DaskK8s/Helm"),
        ("src/DaskK8s/Helm/Records", "src/DaskK8s/Helm/Chart"),
    ];

    /// <summary>Finds the arrows that run upwards or touch a room without a place in the order.</summary>
    public static IEnumerable<Arrow> Upward(IEnumerable<Arrow> arrows, IList<string> order) =>
        arrows.Where(arrow => order.IndexOf(arrow.From) is var from && (from < 0 || order.IndexOf(arrow.To) <= from));

    /// <summary>Determines whether <c>DaskK8s.Testing</c> and the library would meet: they do so on the wire only.</summary>
    public static bool Meet(Arrow arrow) => IsTesting(arrow.From) != IsTesting(arrow.To);

    private static bool IsTesting(string room) => room.StartsWith("src/DaskK8s.Testing", StringComparison.Ordinal);
}
