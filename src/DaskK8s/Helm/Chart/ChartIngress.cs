using DaskK8s.Helm.Values;
using DaskK8s.Yaml;

namespace DaskK8s.Helm.Chart;

/// <summary>An Ingress of the release: its host, whether it has TLS, and the Service behind it.</summary>
internal sealed record ChartIngress(string Name, string? Host, bool UsesTls, string? ServiceName)
{
    /// <summary>Gets the address to open in a browser; null if the Ingress serves every host.</summary>
    public Uri? Address => Host is { } host && Uri.TryCreate($"{(UsesTls ? "https" : "http")}://{host}/", UriKind.Absolute, out Uri? address) ? address : null;

    /// <summary>Reads an Ingress from a manifest, in either API version that the chart uses.</summary>
    /// <returns>Null if the object is not an Ingress.</returns>
    public static ChartIngress? FromManifest(ValueNode.Map item)
    {
        if (item.TextAt("kind") != "Ingress" || item.TextAt("metadata", "name") is not { } name)
        {
            return null;
        }

        ValueNode? rule = item.ListAt("spec", "rules") is [var first, ..] ? first : null;
        ValueNode? backend = rule.ListAt("http", "paths") is [var path, ..] ? path.At("backend") : null;
        return new ChartIngress(
            name,
            rule.TextAt("host"),
            item.ListAt("spec", "tls").Count > 0,
            backend.TextAt("service", "name") ?? backend.TextAt("serviceName"));
    }
}
