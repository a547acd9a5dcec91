using DaskK8s.Helm.Values;
using DaskK8s.Yaml;

namespace DaskK8s.Helm.Chart;

/// <summary>A Service of the release, as in the manifest.</summary>
internal sealed record ChartService
{
    public required string Name { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Gets the type: ClusterIP, NodePort, LoadBalancer or ExternalName.</summary>
    public string Type { get; init; } = "ClusterIP";

    public IReadOnlyList<ChartServicePort> Ports { get; init; } = [];

    public string? LoadBalancerAddress { get; init; }

    public string Component => Labels.GetValueOrDefault("component", "");

    /// <summary>Finds a port by its name, then by the name's suffix, then by the container's port.</summary>
    public ChartServicePort? FindPort(string name, string suffix, int targetPort) =>
        Ports.FirstOrDefault(port => port.Name == name)
        ?? Ports.FirstOrDefault(port => port.Name.EndsWith(suffix, StringComparison.Ordinal))
        ?? Ports.FirstOrDefault(port => port.TargetPort == targetPort);

    /// <summary>Reads a Service from a manifest.</summary>
    /// <returns>Null if the object is not a Service.</returns>
    public static ChartService? FromManifest(ValueNode.Map item) =>
        item.TextAt("kind") != "Service" || item.TextAt("metadata", "name") is not { } name
            ? null
            : new ChartService
            {
                Name = name,
                Labels = ChartDeployment.Texts(item.MapAt("metadata", "labels")),
                Type = item.TextAt("spec", "type") ?? "ClusterIP",
                LoadBalancerAddress = item.TextAt("spec", "loadBalancerIP"),
                Ports =
                [
                    .. item.ListAt("spec", "ports").Select(port => new ChartServicePort(
                        port.TextAt("name") ?? "",
                        port.IntAt("port") ?? 0,
                        port.IntAt("targetPort") ?? port.IntAt("port") ?? 0,
                        port.IntAt("nodePort"))),
                ],
            };
}
