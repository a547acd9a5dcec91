using System.Net;

namespace DaskK8s.Kubernetes.Config;

/// <summary>
/// Reads the proxy from the environment as kubectl does (Go's <c>httpproxy</c>): <c>HTTPS_PROXY</c> or <c>HTTP_PROXY</c> by the server's
/// scheme, and <c>NO_PROXY</c> with names, addresses, address ranges and ports. No proxy is used for the local machine.
/// </summary>
internal static class KubeConfigProxyRules
{
    /// <summary>Finds the proxy's address for a server.</summary>
    /// <param name="server">The server.</param>
    /// <param name="getVariable">Reads an environment variable.</param>
    /// <returns>The variable's name and the address; null if the server is reached directly.</returns>
    public static (string Variable, string Address)? Find(Uri server, Func<string, string?> getVariable)
    {
        string name = server.Scheme == Uri.UriSchemeHttps ? "HTTPS_PROXY" : "HTTP_PROXY";
        string? address = Get(getVariable, name);
        if (address is null || IsDirect(server.IdnHost, server.Port, Get(getVariable, "NO_PROXY") ?? ""))
        {
            return null;
        }

        return (name, address.Contains("://", StringComparison.Ordinal) ? address : $"http://{address}");
    }

    private static string? Get(Func<string, string?> getVariable, string name)
    {
        string? value = getVariable(name);
        value = string.IsNullOrEmpty(value) ? getVariable(name.ToLowerInvariant()) : value;
        return string.IsNullOrWhiteSpace(value) ? null : value.Trim();
    }

    private static bool IsDirect(string host, int port, string exceptions)
    {
        bool isAddress = IPAddress.TryParse(host, out IPAddress? address);
        if (isAddress ? IPAddress.IsLoopback(address!) : host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        return exceptions
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Any(rule => rule == "*" || (isAddress ? MatchesAddress(rule, address!, port) : MatchesName(rule, host, port)));
    }

    private static bool MatchesAddress(string rule, IPAddress address, int port)
    {
        if (rule.Contains('/', StringComparison.Ordinal))
        {
            return IPNetwork.TryParse(rule, out IPNetwork network) && network.Contains(address);
        }

        if (IPAddress.TryParse(rule, out IPAddress? single))
        {
            return single.Equals(address);
        }

        return IPEndPoint.TryParse(rule, out IPEndPoint? endPoint) && endPoint.Port == port && endPoint.Address.Equals(address);
    }

    private static bool MatchesName(string rule, string host, int port)
    {
        int colon = rule.LastIndexOf(':');
        if (colon >= 0)
        {
            if (!int.TryParse(rule.AsSpan(colon + 1), out int rulePort) || rulePort != port)
            {
                return false;
            }

            rule = rule[..colon];
        }

        if (rule.StartsWith("*.", StringComparison.Ordinal))
        {
            rule = rule[1..];
        }

        return rule.StartsWith('.')
            ? host.EndsWith(rule, StringComparison.OrdinalIgnoreCase)
            : host.Equals(rule, StringComparison.OrdinalIgnoreCase) || host.EndsWith($".{rule}", StringComparison.OrdinalIgnoreCase);
    }
}
