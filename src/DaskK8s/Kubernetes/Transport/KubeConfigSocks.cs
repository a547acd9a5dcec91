using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace DaskK8s.Kubernetes.Transport;

/// <summary>Requests a connection from a SOCKS5 proxy (RFC 1928, and RFC 1929 for user and password).</summary>
internal static class KubeConfigSocks
{
    private const byte Version = 5;

    /// <summary>Requests a connection.</summary>
    /// <param name="stream">The connection to the proxy.</param>
    /// <param name="target">The target; the proxy resolves names.</param>
    /// <param name="login">User and password, if the proxy requires them.</param>
    /// <param name="proxy">The proxy's name, for errors.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task that completes when the connection is established.</returns>
    public static async Task TunnelAsync(
        Stream stream,
        DnsEndPoint target,
        (string User, string Password)? login,
        string proxy,
        CancellationToken cancellationToken)
    {
        try
        {
            byte[] greeting = login is null ? [Version, 1, 0] : [Version, 2, 0, 2];
            byte[] choice = await AskAsync(stream, greeting, 2, cancellationToken).ConfigureAwait(false);
            if (choice[0] != Version)
            {
                throw Refused(proxy, "does not answer like a SOCKS5 proxy");
            }

            if (choice[1] == 2 && login is { } known)
            {
                byte[] answer = await AskAsync(stream, Login(known.User, known.Password, proxy), 2, cancellationToken).ConfigureAwait(false);
                if (answer[1] != 0)
                {
                    throw Refused(proxy, "does not accept the user and the password");
                }
            }
            else if (choice[1] != 0)
            {
                throw Refused(proxy, "requires an authentication method that is not supported; give a user and a password in 'proxy-url'");
            }

            byte[] head = await AskAsync(stream, Request(target, proxy), 4, cancellationToken).ConfigureAwait(false);
            if (head[1] != 0)
            {
                throw Refused(proxy, $"refused the connection: {Reason(head[1])}");
            }

            int rest = head[3] switch
            {
                1 => 4,
                4 => 16,
                3 => (await ReadAsync(stream, 1, cancellationToken).ConfigureAwait(false))[0],
                _ => throw Refused(proxy, "does not answer like a SOCKS5 proxy"),
            };
            await ReadAsync(stream, rest + 2, cancellationToken).ConfigureAwait(false);
        }
        catch (EndOfStreamException e)
        {
            throw new HttpRequestException(HttpRequestError.ProxyTunnelError, $"The proxy '{proxy}' closed the connection.", e);
        }
    }

    private static byte[] Login(string user, string password, string proxy)
    {
        byte[] name = Encoding.UTF8.GetBytes(user);
        byte[] secret = Encoding.UTF8.GetBytes(password);
        return name.Length <= byte.MaxValue && secret.Length <= byte.MaxValue
            ? [1, (byte)name.Length, .. name, (byte)secret.Length, .. secret]
            : throw Refused(proxy, "does not accept a user or password longer than 255 bytes");
    }

    private static byte[] Request(DnsEndPoint target, string proxy)
    {
        byte[] port = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(port, (ushort)target.Port);
        if (IPAddress.TryParse(target.Host, out IPAddress? address))
        {
            return [Version, 1, 0, (byte)(address.AddressFamily == AddressFamily.InterNetwork ? 1 : 4), .. address.GetAddressBytes(), .. port];
        }

        byte[] name = Encoding.ASCII.GetBytes(target.Host);
        return name.Length <= byte.MaxValue
            ? [Version, 1, 0, 3, (byte)name.Length, .. name, .. port]
            : throw Refused(proxy, "does not accept a host name longer than 255 bytes");
    }

    private static async Task<byte[]> AskAsync(Stream stream, byte[] question, int answerLength, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(question, cancellationToken).ConfigureAwait(false);
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        return await ReadAsync(stream, answerLength, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<byte[]> ReadAsync(Stream stream, int length, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[length];
        await stream.ReadExactlyAsync(buffer, cancellationToken).ConfigureAwait(false);
        return buffer;
    }

    private static string Reason(byte code) => code switch
    {
        2 => "its rules do not allow it",
        3 => "the network is unreachable",
        4 => "the host is unreachable",
        5 => "the host refused",
        6 => "it took too long",
        _ => $"code {code}",
    };

    private static HttpRequestException Refused(string proxy, string what) =>
        new(HttpRequestError.ProxyTunnelError, $"The proxy '{proxy}' {what}.");
}
