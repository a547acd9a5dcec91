using System.Net.Sockets;

using DaskK8s.Common;

namespace DaskK8s.Dask.Protocol;

/// <summary>The address of a scheduler, with the means to open a stream to it and to verify it.</summary>
/// <param name="Address">The address for display and messages: <c>tcp://127.0.0.1:8786</c>, <c>tls://…</c>.</param>
/// <param name="Dialer">Opens the stream.</param>
/// <param name="Tls">The certificates; null for a scheduler without TLS.</param>
internal sealed record SchedulerEndpoint(string Address, SchedulerDialer Dialer, DaskTlsOptions? Tls = null)
{
    /// <summary>Returns the endpoint of a Dask address.</summary>
    /// <param name="address"><c>tcp://host:port</c> or <c>tls://host:port</c>; the default port is 8786.</param>
    /// <param name="tls">The certificates for <c>tls://</c>.</param>
    /// <returns>The endpoint.</returns>
    /// <exception cref="ArgumentException">The address has another form.</exception>
    public static SchedulerEndpoint Parse(string address, DaskTlsOptions? tls = null) => Parse(address, nameof(address), tls);

    /// <summary>Returns the endpoint of a Dask address that was passed as another argument.</summary>
    public static SchedulerEndpoint Parse(string address, string argumentName, DaskTlsOptions? tls = null)
    {
        string text = address.Contains("://", StringComparison.Ordinal) ? address : "tcp://" + address;
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("tcp" or "tls") || uri.Host.Length == 0)
        {
            throw new ArgumentException(
                $"'{address}' is not a scheduler address; expected tcp://host:port or tls://host:port.", argumentName);
        }

        int port = uri.Port < 0 ? DaskPorts.Scheduler : uri.Port;
        // IdnHost: IPv6 without its brackets.
        string host = uri.IdnHost.Trim('[', ']');
        return new SchedulerEndpoint(
            $"{uri.Scheme}://{uri.Host}:{port}", token => DialAsync(host, port, token), uri.Scheme == "tls" ? tls ?? new DaskTlsOptions() : null);
    }

    private static async ValueTask<Stream> DialAsync(string host, int port, CancellationToken cancellationToken)
    {
        TcpClient client = new() { NoDelay = true };
        try
        {
            await client.ConnectAsync(host, port, cancellationToken).ConfigureAwait(false);
            return client.GetStream();
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }
}
