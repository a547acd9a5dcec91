using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;

using DaskK8s.Forwarding;
using DaskK8s.KubeApi;

using k8s;

namespace DaskK8s.Tests.Forwarding;

/// <summary>
/// Is the smallest API server that forwards: it answers pod lists and upgrades, and joins each forwarded port of its one pod to
/// a loopback port of the test.
/// </summary>
internal sealed class ForwardingPeer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource closing = new();
    private readonly ConcurrentDictionary<TcpClient, byte> clients = new();
    private readonly Task accepting;

    public ForwardingPeer()
    {
        listener.Start();
        accepting = AcceptAsync();
    }

    public string PodName { get; set; } = "scheduler-0";

    public bool PodReady { get; set; } = true;

    /// <summary>Gets or sets the status code with which upgrades are refused; 0 accepts them.</summary>
    public int RefuseUpgrades { get; set; }

    public ConcurrentDictionary<int, int> Ports { get; } = new();

    public ConcurrentQueue<string> Requests { get; } = new();

    public int OpenClients => clients.Count;

    public KubeConnection Connect() =>
        new(new Kubernetes(new KubernetesClientConfiguration { Host = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}" }), "test", null, ownsClient: true);

    public void CutAll()
    {
        foreach (TcpClient client in clients.Keys)
        {
            client.Client.Close(0);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        listener.Dispose();
        CutAll();
        await accepting;
        closing.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await listener.AcceptTcpClientAsync(closing.Token);
                client.NoDelay = true;
                clients[client] = 0;
                _ = ServeAsync(client);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            NetworkStream stream = client.GetStream();
            while (await ReadHeadAsync(stream) is { } head)
            {
                string[] lines = head.Split("\r\n");
                Requests.Enqueue(lines[0]);
                Dictionary<string, string> headers = lines.Skip(1).Where(l => l.Contains(':'))
                    .GroupBy(l => l[..l.IndexOf(':')], StringComparer.OrdinalIgnoreCase)
                    .ToDictionary(g => g.Key, g => g.First()[(g.Key.Length + 1)..].Trim(), StringComparer.OrdinalIgnoreCase);
                if (!lines[0].Contains("/portforward"))
                {
                    await AnswerAsync(stream, 200, PodList());
                }
                else if (RefuseUpgrades != 0)
                {
                    await AnswerAsync(stream, RefuseUpgrades, $$"""{"kind":"Status","message":"refused by the test","code":{{RefuseUpgrades}}}""");
                }
                else if (!lines[0].Contains($"/pods/{PodName}/"))
                {
                    await AnswerAsync(stream, 404, """{"kind":"Status","message":"pods not found","code":404}""");
                }
                else if (headers.GetValueOrDefault("Sec-WebSocket-Protocol") == WebSocketTunnelStream.Protocol)
                {
                    await ServeWebSocketAsync(stream, lines[0], headers["Sec-WebSocket-Key"]);
                    return;
                }
                else
                {
                    await AnswerAsync(stream, 400, "unknown protocol");
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or WebSocketException or OperationCanceledException)
        {
        }
        finally
        {
            clients.TryRemove(client, out _);
            client.Dispose();
        }
    }

    private static async Task<string?> ReadHeadAsync(NetworkStream stream)
    {
        StringBuilder head = new();
        byte[] one = new byte[1];
        while (await stream.ReadAsync(one) == 1)
        {
            head.Append((char)one[0]);
            if (one[0] == '\n' && head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                return head.ToString();
            }
        }

        return null;
    }

    private static async Task AnswerAsync(NetworkStream stream, int status, string body) =>
        await stream.WriteAsync(Encoding.UTF8.GetBytes(
            $"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"));

    private string PodList() => $$$"""
        {"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"{{{PodName}}}","namespace":"test","uid":"uid-{{{PodName}}}"},
        "status":{"phase":"Running","conditions":[{"type":"Ready","status":"{{{PodReady}}}"}]}}]}
        """;

    private async Task ServeWebSocketAsync(NetworkStream stream, string requestLine, string key)
    {
        string accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: {WebSocketTunnelStream.Protocol}\r\n\r\n"));
        using WebSocket socket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true, SubProtocol = WebSocketTunnelStream.Protocol });
        int port = int.Parse(requestLine.Split("ports=")[1].Split(' ', '&')[0]);
        byte[] prefix = [0, (byte)port, (byte)(port >> 8)];
        await socket.SendAsync(prefix, WebSocketMessageType.Binary, true, closing.Token);
        prefix[0] = 1;
        await socket.SendAsync(prefix, WebSocketMessageType.Binary, true, closing.Token);
        using TcpClient pod = new() { NoDelay = true };
        try
        {
            await pod.ConnectAsync(IPAddress.Loopback, Ports.GetValueOrDefault(port, 1));
        }
        catch (SocketException)
        {
            byte[] error = [1, .. Encoding.UTF8.GetBytes($"error forwarding port {port} to pod: connection refused")];
            await socket.SendAsync(error, WebSocketMessageType.Binary, true, closing.Token);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, closing.Token);
            return;
        }

        Task up = UpAsync(socket, pod.GetStream());
        Task down = DownAsync(socket, pod.GetStream());
        await Task.WhenAny(up, down);
        if (down.IsCompletedSuccessfully)
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, closing.Token);
        }
    }

    private async Task UpAsync(WebSocket socket, NetworkStream pod)
    {
        byte[] buffer = new byte[32 * 1024];
        bool start = true;
        while (true)
        {
            WebSocketReceiveResult result = await socket.ReceiveAsync(buffer, closing.Token);
            if (result.MessageType == WebSocketMessageType.Close)
            {
                return;
            }

            int skip = start ? 1 : 0;
            await pod.WriteAsync(buffer.AsMemory(skip, result.Count - skip), closing.Token);
            start = result.EndOfMessage;
        }
    }

    private async Task DownAsync(WebSocket socket, NetworkStream pod)
    {
        byte[] buffer = new byte[16 * 1024];
        int count;
        while ((count = await pod.ReadAsync(buffer.AsMemory(1), closing.Token)) > 0)
        {
            buffer[0] = 0;
            await socket.SendAsync(buffer.AsMemory(0, count + 1), WebSocketMessageType.Binary, true, closing.Token);
        }
    }
}
