using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace DaskK8s.Tests.Rigs.Kubernetes;

/// <summary>A small proxy: CONNECT or SOCKS5, with or without TLS and a login; it carries everything to one place.</summary>
internal sealed class KubeConfigTestProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int _target;

    public KubeConfigTestProxy(Uri target, bool socks = false, string? login = null, X509Certificate2? certificate = null)
    {
        _target = target.Port;
        _listener.Start();
        _ = AcceptAsync(socks, login, certificate);
    }

    /// <summary>Gets what was asked for: <c>host:port</c>, one for each connection.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>Gets or sets the proxy's answer to CONNECT in place of a connection.</summary>
    public string? Refusal { get; set; }

    public string Address => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync(bool socks, string? login, X509Certificate2? certificate)
    {
        CancellationToken token = _stop.Token;
        while (!token.IsCancellationRequested)
        {
            TcpClient client = await _listener.AcceptTcpClientAsync(token);
            _ = ServeAsync(client, socks, login, certificate, token);
        }
    }

    private async Task ServeAsync(TcpClient client, bool socks, string? login, X509Certificate2? certificate, CancellationToken token)
    {
        try
        {
            using TcpClient owned = client;
            Stream near = client.GetStream();
            if (certificate is not null)
            {
                SslStream secure = new(near);
                await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, token);
                near = secure;
            }

            if (!await (socks ? SocksAsync(near, login, token) : ConnectAsync(near, login, token)))
            {
                return;
            }

            using TcpClient far = new();
            await far.ConnectAsync(IPAddress.Loopback, _target, token);
            await Task.WhenAny(near.CopyToAsync(far.GetStream(), token), far.GetStream().CopyToAsync(near, token));
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
        {
            // The other end went.
        }
    }

    private async Task<bool> ConnectAsync(Stream stream, string? login, CancellationToken token)
    {
        StringBuilder head = new();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one, token);
            head.Append((char)one[0]);
        }

        string[] lines = head.ToString().Split("\r\n");
        Asked.Enqueue(lines[0].Split(' ')[1]);
        bool allowed = login is null || lines.Contains($"Proxy-Authorization: Basic {KubeConfigTestCertificates.Base64(login)}");
        string answer = Refusal ?? (allowed ? "HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n" : "HTTP/1.1 407 Login\r\n\r\n");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(answer), token);
        return allowed && Refusal is null;
    }

    private async Task<bool> SocksAsync(Stream stream, string? login, CancellationToken token)
    {
        byte[] methods = await ReadAsync(stream, (await ReadAsync(stream, 2, token))[1], token);
        byte method = (byte)(login is null ? 0 : 2);
        await stream.WriteAsync(new byte[] { 5, methods.Contains(method) ? method : (byte)255 }, token);
        if (!methods.Contains(method))
        {
            return false;
        }

        if (login is not null)
        {
            byte[] user = await ReadAsync(stream, (await ReadAsync(stream, 2, token))[1], token);
            byte[] password = await ReadAsync(stream, (await ReadAsync(stream, 1, token))[0], token);
            bool allowed = $"{Encoding.UTF8.GetString(user)}:{Encoding.UTF8.GetString(password)}" == login;
            await stream.WriteAsync(new byte[] { 1, (byte)(allowed ? 0 : 1) }, token);
            if (!allowed)
            {
                return false;
            }
        }

        byte[] head = await ReadAsync(stream, 4, token);
        string host = head[3] == 3
            ? Encoding.ASCII.GetString(await ReadAsync(stream, (await ReadAsync(stream, 1, token))[0], token))
            : new IPAddress(await ReadAsync(stream, head[3] == 1 ? 4 : 16, token)).ToString();
        byte[] port = await ReadAsync(stream, 2, token);
        Asked.Enqueue($"{host}:{(port[0] << 8) + port[1]}");
        await stream.WriteAsync(
            Refusal is null ? new byte[] { 5, 0, 0, 3, 4, (byte)'t', (byte)'e', (byte)'s', (byte)'t', 0, 1 } : new byte[] { 5, 2, 0, 1, 0, 0, 0, 0, 0, 0 }, token);
        return Refusal is null;
    }

    private static async Task<byte[]> ReadAsync(Stream stream, int length, CancellationToken token)
    {
        byte[] buffer = new byte[length];
        await stream.ReadExactlyAsync(buffer, token);
        return buffer;
    }
}
