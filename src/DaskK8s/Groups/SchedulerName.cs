using System.Globalization;
using System.Net;

using DaskK8s.Common;

namespace DaskK8s.Groups;

/// <summary>Compares the scheduler that a Deployment's workers are configured to use with that of a cluster object.</summary>
internal static class SchedulerName
{
    /// <summary>Determines whether an address names a Service.</summary>
    /// <param name="address">The address in Dask's form, with or without scheme and port.</param>
    /// <param name="service">The Service's name.</param>
    /// <param name="namespace">The Service's namespace.</param>
    /// <returns>Null if it is unknown: an IP address, or a variable that the kubelet expands.</returns>
    public static bool? IsOf(string? address, string service, string @namespace)
    {
        if (string.IsNullOrWhiteSpace(address) || address.Contains('$', StringComparison.Ordinal))
        {
            return null;
        }

        string host = HostOf(address);
        if (IPAddress.TryParse(host, out _))
        {
            return null;
        }

        string full = $"{service}.{@namespace}";
        return host.Equals(service, StringComparison.OrdinalIgnoreCase)
            || host.Equals(full, StringComparison.OrdinalIgnoreCase)
            || host.Equals($"{full}.svc", StringComparison.OrdinalIgnoreCase)
            || host.StartsWith($"{full}.svc.", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Determines whether two addresses name the same scheduler.</summary>
    /// <returns>Null if one of them is unknown.</returns>
    public static bool? AreSame(string? one, string? other) =>
        string.IsNullOrWhiteSpace(one) || string.IsNullOrWhiteSpace(other) || one.Contains('$', StringComparison.Ordinal)
            ? null
            : string.Equals(WithPort(one), WithPort(other), StringComparison.OrdinalIgnoreCase);

    private static string WithPort(string address)
    {
        string rest = WithoutScheme(address);
        string host = HostOf(address);
        return rest.Length == host.Length || rest == $"[{host}]" ? string.Create(CultureInfo.InvariantCulture, $"{host}:{DaskPorts.Scheduler}") : rest.TrimEnd('/');
    }

    private static string HostOf(string address)
    {
        string rest = WithoutScheme(address).TrimEnd('/');
        int bracket = rest.IndexOf(']', StringComparison.Ordinal);
        if (rest.StartsWith('[') && bracket > 0)
        {
            return rest[1..bracket];
        }

        int colon = rest.LastIndexOf(':');
        return colon < 0 || rest.IndexOf(':', StringComparison.Ordinal) != colon ? rest : rest[..colon];
    }

    private static string WithoutScheme(string address)
    {
        int scheme = address.IndexOf("://", StringComparison.Ordinal);
        return scheme < 0 ? address : address[(scheme + 3)..];
    }
}
