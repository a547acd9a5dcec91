using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;

using DaskK8s.Kubernetes;
using DaskK8s.PortForwarding;
using DaskK8s.PortForwarding.Spdy;

using k8s;

namespace DaskK8s.Tests.Rigs.PortForwarding;

/// <summary>
/// The smallest API server that forwards: it answers pod lists and upgrades, and joins each forwarded port of its one pod to
/// a loopback port of the test.
/// </summary>
internal sealed class ForwardingPeer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource closing = new();
    private readonly ConcurrentDictionary<TcpClient, byte> clients = new();
    private readonly ConcurrentDictionary<Channel<string>, byte> watches = new();
    private readonly ConcurrentQueue<TcpClient> upgraded = new();
    private readonly Task accepting;

    public ForwardingPeer()
    {
        listener.Server.ReceiveBufferSize = 256 * 1024;
        listener.Start();
        accepting = AcceptAsync();
    }

    public string PodName { get; set; } = "scheduler-0";

    public bool PodReady { get; set; } = true;

    /// <summary>Gets or sets the transports that are offered.</summary>
    public PortForwardTransport[] Offers { get; set; } =
        [PortForwardTransport.SpdyOverWebSocket, PortForwardTransport.Spdy, PortForwardTransport.WebSocket];

    public ConcurrentDictionary<SpdyPeer, byte> Sessions { get; } = new();

    public int OpenStreams => Sessions.Keys.Sum(s => s.OpenStreams);

    /// <summary>Gets or sets the status code with which upgrades are refused; 0 accepts them.</summary>
    public int RefuseUpgrades { get; set; }

    public ConcurrentDictionary<int, int> Ports { get; } = new();

    public ConcurrentQueue<string> Requests { get; } = new();

    public int Watches => watches.Count;

    public int OpenClients => clients.Count;

    public KubeConnection Connect() =>
        new(new k8s.Kubernetes(new KubernetesClientConfiguration { Host = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}" }), "test", null);

    public void CutAll(bool keepWatches = false)
    {
        foreach ((TcpClient client, byte isWatch) in clients)
        {
            if (!keepWatches || isWatch == 0)
            {
                client.Client?.Close(0);
            }
        }
    }

    /// <summary>Cuts the oldest upgraded connection.</summary>
    public void CutOne() => upgraded.Where(clients.ContainsKey).First().Client.Close(0);

    /// <summary>Deletes the pod and, unless the name is empty, makes a ready one of another name.</summary>
    public void ReplacePod(string name)
    {
        List<string> changes = [];
        if (PodName.Length > 0)
        {
            changes.Add($$"""{"type":"DELETED","object":{{Pod()}}}""");
        }

        PodName = name;
        if (name.Length > 0)
        {
            changes.Add($$"""{"type":"ADDED","object":{{Pod()}}}""");
        }

        foreach (Channel<string> watch in watches.Keys)
        {
            changes.ForEach(c => watch.Writer.TryWrite(c));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        await accepting;
        listener.Dispose();
        CutAll();
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
                if (lines[0].Contains("watch=true"))
                {
                    clients[client] = 1;
                    await WatchAsync(stream);
                    return;
                }

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
                else if (Asks(headers, PortForwardTransport.WebSocket))
                {
                    await ServeWebSocketAsync(stream, lines[0], headers["Sec-WebSocket-Key"]);
                    return;
                }
                else if (Asks(headers, PortForwardTransport.SpdyOverWebSocket))
                {
                    await ServeSpdyAsync(new WebSocketByteStream(await UpgradeAsync(stream, headers["Sec-WebSocket-Key"], PodUpgrade.SpdyOverWebSocket)));
                    return;
                }
                else if (Asks(headers, PortForwardTransport.Spdy))
                {
                    upgraded.Enqueue(client);
                    await stream.WriteAsync(Encoding.ASCII.GetBytes(
                        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: SPDY/3.1\r\nConnection: Upgrade\r\nX-Stream-Protocol-Version: portforward.k8s.io\r\n\r\n"));
                    await ServeSpdyAsync(stream);
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

    private string Pod() => $$$"""
        {"kind":"Pod","apiVersion":"v1","metadata":{"name":"{{{PodName}}}","namespace":"test","uid":"uid-{{{PodName}}}"},"status":{"phase":"Running","conditions":[{"type":"Ready","status":"{{{PodReady}}}"}]}}
        """;

    private string PodList() => $$$"""
        {"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[{{{(PodName.Length == 0 ? "" : Pod())}}}]}
        """;

    private async Task WatchAsync(NetworkStream stream)
    {
        await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray());
        Channel<string> events = Channel.CreateUnbounded<string>();
        watches[events] = 0;
        try
        {
            await foreach (string change in events.Reader.ReadAllAsync(closing.Token))
            {
                await stream.WriteAsync(Encoding.UTF8.GetBytes($"{Encoding.UTF8.GetByteCount(change) + 1:x}\r\n{change}\n\r\n"));
            }
        }
        finally
        {
            watches.TryRemove(events, out _);
        }
    }

    private bool Asks(Dictionary<string, string> headers, PortForwardTransport transport) => Offers.Contains(transport) && transport switch
    {
        PortForwardTransport.Spdy => headers.GetValueOrDefault("Upgrade") == "SPDY/3.1",
        PortForwardTransport.SpdyOverWebSocket => headers.GetValueOrDefault("Sec-WebSocket-Protocol") == PodUpgrade.SpdyOverWebSocket,
        _ => headers.GetValueOrDefault("Sec-WebSocket-Protocol") == WebSocketTunnelStream.Protocol,
    };

    private async Task ServeSpdyAsync(Stream stream)
    {
        SpdyPeer session = new(stream, port => Ports.GetValueOrDefault(port, 1), closing.Token);
        Sessions[session] = 0;
        try
        {
            await session.ServeAsync();
        }
        finally
        {
            Sessions.TryRemove(session, out _);
        }
    }

    private static async Task<WebSocket> UpgradeAsync(NetworkStream stream, string key, string protocol)
    {
        string accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: {protocol}\r\n\r\n"));
        return WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true });
    }

    private async Task ServeWebSocketAsync(NetworkStream stream, string requestLine, string key)
    {
        using WebSocket socket = await UpgradeAsync(stream, key, WebSocketTunnelStream.Protocol);
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
