using System.Text.Json.Nodes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Api;

/// <summary>Allocates the addresses and node ports of Services.</summary>
internal sealed class ServiceAllocator(EmbeddedClusterOptions options, Func<int, string> clusterAddress)
{
    private int _address;
    private int _nodePort = 30_000;

    public void Apply(JsonObject value, JsonObject? old)
    {
        JsonObject spec = value.Child("spec");
        spec.Default("type", () => "ClusterIP");
        spec.Default("sessionAffinity", () => "None");
        string type = spec.Text("type")!;
        if (type != "ExternalName")
        {
            if (old?.At("spec", "clusterIP") is { } same)
            {
                spec.Default("clusterIP", same.DeepClone);
            }

            spec.Default("clusterIP", () => clusterAddress(Interlocked.Increment(ref _address)));
            spec["clusterIPs"] = new JsonArray(spec.Text("clusterIP"));
            spec.Default("ipFamilies", () => new JsonArray("IPv4"));
            spec.Default("ipFamilyPolicy", () => "SingleStack");
            spec.Default("internalTrafficPolicy", () => "Cluster");
        }

        foreach (JsonObject port in spec.Objects("ports"))
        {
            port.Default("protocol", () => "TCP");
            port.Default("targetPort", () => port["port"]!.DeepClone());
            if (type is "NodePort" or "LoadBalancer")
            {
                long? kept = old?.Objects("spec", "ports").FirstOrDefault(other => other.Number("port") == port.Number("port")).Number("nodePort");
                port.Default("nodePort", () => kept ?? Interlocked.Increment(ref _nodePort));
            }
            else
            {
                port.Remove("nodePort");
            }
        }

        if (type is "NodePort" or "LoadBalancer")
        {
            spec.Default("externalTrafficPolicy", () => "Cluster");
        }

        if (type == "LoadBalancer")
        {
            spec.Default("allocateLoadBalancerNodePorts", () => true);
        }

        JsonObject balancer = value.Child("status", "loadBalancer");
        if (type == "LoadBalancer" && options.LoadBalancerAddress is { } address && balancer.Count == 0)
        {
            balancer["ingress"] = new JsonArray(new JsonObject { [System.Net.IPAddress.TryParse(address, out _) ? "ip" : "hostname"] = address });
        }
        else if (type != "LoadBalancer")
        {
            balancer.Clear();
        }
    }
}
