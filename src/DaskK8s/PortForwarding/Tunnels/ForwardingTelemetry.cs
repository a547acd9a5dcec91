using System.Diagnostics.Metrics;

using DaskK8s.Common;

namespace DaskK8s.PortForwarding.Tunnels;

/// <summary>The instruments of the Forwarding area, on the library's meter.</summary>
internal static class ForwardingTelemetry
{
    /// <summary>Counts payload bytes of local connections; tag: direction (<c>sent</c> to the pod, <c>received</c> from it).</summary>
    public static readonly Counter<long> Bytes = Telemetry.Meter.CreateCounter<long>(
        "daskk8s.forward.bytes", "By", "Payload bytes that passed through local forwards.");

    /// <summary>Counts the open local connections.</summary>
    public static readonly UpDownCounter<long> Open = Telemetry.Meter.CreateUpDownCounter<long>(
        "daskk8s.forward.connections", "{connection}", "Local connections that are open.");

    /// <summary>Counts local connections that were closed because the pod could not be reached, refused them or was lost.</summary>
    public static readonly Counter<long> Failed = Telemetry.Meter.CreateCounter<long>(
        "daskk8s.forward.failures", "{connection}", "Local connections that failed.");

    /// <summary>Counts sessions to pods; tags: transport, event (<c>started</c>, <c>ended</c>).</summary>
    public static readonly Counter<long> Sessions = Telemetry.Meter.CreateCounter<long>(
        "daskk8s.forward.sessions", "{session}", "Sessions to pods that were started or ended.");

    /// <summary>The tag for bytes sent to the pod.</summary>
    public static readonly KeyValuePair<string, object?> Sent = new("direction", "sent");

    /// <summary>The tag for bytes received from the pod.</summary>
    public static readonly KeyValuePair<string, object?> Received = new("direction", "received");
}
