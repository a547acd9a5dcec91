using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using DaskK8s.Kubernetes;
using DaskK8s.PortForwarding;
using DaskK8s.PortForwarding.Tunnels;
using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.PortForwarding;

using Microsoft.Extensions.Logging.Abstractions;

namespace DaskK8s.Tests.PortForwarding;

/// <summary>Proves what a forward does under load and when what it stands on breaks.</summary>
public sealed class TunnelFaultTests
{
    public static TheoryData<PortForwardTransport> Transports =>
        [PortForwardTransport.SpdyOverWebSocket, PortForwardTransport.Spdy, PortForwardTransport.WebSocket];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Connect_SixtyFourAtOnceWithSlowEnds_EveryByteInOrderBothWays(PortForwardTransport transport)
    {
        await using Setup setup = new(transport, EchoSlowlyAsync);

        await Task.WhenAll(Enumerable.Range(0, 64).Select(i => Task.Run(() => ExchangeAsync(setup.Forward, i, 400_000))));

        await setup.IsEmptyAsync();
        setup.Forward.FailedConnections.Should().Be(0);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Connect_ReaderStops_StopsTheSenderAndNobodyElse(PortForwardTransport transport)
    {
        const long Total = 48 * 1024 * 1024;
        long sent = 0;
        await using Setup setup = new(transport, async socket =>
        {
            byte[] request = new byte[1];
            await socket.ReceiveAsync(request.AsMemory());
            byte[] buffer = new byte[64 * 1024];
            for (long left = request[0] == 'b' ? Total : 1; left > 0;)
            {
                int count = await socket.SendAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)));
                left -= count;
                Interlocked.Add(ref sent, count);
            }
        });
        using Socket stopped = await setup.ConnectAsync();
        stopped.ReceiveBufferSize = 64 * 1024;
        await stopped.SendAsync("b"u8.ToArray(), Token);
        long before = -1;
        while (before != Interlocked.Read(ref sent))
        {
            before = Interlocked.Read(ref sent);
            await Task.Delay(400, Token);
        }

        before.Should().BeLessThan(Total / 2, "only the buffers on the way may be full");
        for (int i = 0; i < 8; i++)
        {
            using Socket other = await setup.ConnectAsync();
            await other.SendAsync("s"u8.ToArray(), Token);
            (await other.ReceiveAsync(new byte[10].AsMemory(), Token)).Should().Be(1);
        }

        long received = 0;
        byte[] room = new byte[1 << 16];
        int got;
        while ((got = await stopped.ReceiveAsync(room.AsMemory(), Token)) > 0)
        {
            received += got;
        }

        received.Should().Be(Total);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Connect_PodStopsReading_StopsTheClient(PortForwardTransport transport)
    {
        // Kernels let the buffers of each socket on the way grow, to 36 MiB where 32 may be received; the pod's and the peer's are held small.
        const long Total = 32 * 1024 * 1024;
        TaskCompletionSource go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Setup setup = new(transport, async socket =>
        {
            socket.ReceiveBufferSize = 64 * 1024;
            await go.Task;
            byte[] buffer = new byte[64 * 1024];
            long received = 0;
            int count;
            while (received < Total && (count = await socket.ReceiveAsync(buffer.AsMemory())) > 0)
            {
                received += count;
            }

            await socket.SendAsync(BitConverter.GetBytes(received));
        });
        using Socket client = await setup.ConnectAsync();
        client.SendBufferSize = 64 * 1024;
        long sent = 0;
        Task sending = Task.Run(
            async () =>
            {
                byte[] buffer = new byte[64 * 1024];
                while (sent < Total)
                {
                    Interlocked.Add(ref sent, await client.SendAsync(buffer, Token));
                }
            },
            Token);
        long before = -1;
        while (before != Interlocked.Read(ref sent))
        {
            before = Interlocked.Read(ref sent);
            await Task.Delay(400, Token);
        }

        before.Should().BeLessThan(24 * 1024 * 1024, "only the buffers on the way may be full");
        go.SetResult();
        await sending;
        byte[] answer = new byte[8];
        await new NetworkStream(client).ReadExactlyAsync(answer, Token);
        BitConverter.ToInt64(answer).Should().Be(sent);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Connect_ThousandWithRandomResets_LeaveNothingBehind(PortForwardTransport transport)
    {
        CountingPool pool = new();
        await using (Setup setup = new(transport, PodServer.EchoAsync, TunnelOptions.Default with { Buffers = pool }))
        {
            Random seeds = new(7);
            int[] ends = [.. Enumerable.Range(0, 1000).Select(_ => seeds.Next(4))];

            await Parallel.ForEachAsync(ends, new ParallelOptions { MaxDegreeOfParallelism = 50, CancellationToken = Token }, async (end, token) =>
            {
                using Socket client = await setup.ConnectAsync();
                byte[] data = new byte[Random.Shared.Next(1, 20_000)];
                if (end > 0)
                {
                    await client.SendAsync(data, token);
                }

                if (end > 1)
                {
                    await client.ReceiveAsync(data.AsMemory(), token);
                }

                if (end != 2)
                {
                    client.LingerState = new LingerOption(true, 0);
                }
            });

            await setup.IsEmptyAsync();
            setup.Forward.TotalConnections.Should().Be(1000);
            using Socket last = await setup.ConnectAsync();
            await EchoOnceAsync(last);
        }

        // Every connection's buffers, and those of the sessions that were kept for the next ones.
        await Poll.UntilAsync(() => pool.Lent == 0);
        pool.ReturnedTwice.Should().Be(0);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Connect_TransportCutInMidFrame_ResetsAndTheNextWorks(PortForwardTransport transport)
    {
        await using Setup setup = new(transport, async socket =>
        {
            byte[] buffer = new byte[100_000];
            while (true)
            {
                await socket.SendAsync(buffer);
            }
        });
        for (int round = 0; round < 5; round++)
        {
            using Socket client = await setup.ConnectAsync();
            byte[] room = new byte[65536];
            long received = 0;
            Func<Task> drain = async () =>
            {
                int count;
                while ((count = await client.ReceiveAsync(room.AsMemory(), Token)) > 0)
                {
                    if ((received += count) > 300_000)
                    {
                        setup.Peer.CutAll();
                    }
                }
            };

            (await drain.Should().ThrowAsync<SocketException>("a cut transfer must not look like a finished one"))
                .Which.SocketErrorCode.Should().Be(SocketError.ConnectionReset);
        }

        await setup.IsEmptyAsync();
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Connect_TokenRevokedAndRenewed_RecoversByItself(PortForwardTransport transport)
    {
        await using Setup setup = new(transport, PodServer.EchoAsync);
        using (Socket first = await setup.ConnectAsync())
        {
            await EchoOnceAsync(first);
        }

        setup.Peer.RefuseUpgrades = 401;
        setup.Peer.CutAll();
        await Poll.UntilAsync(() => setup.Tunnel.Sessions == 0);
        using (Socket refused = await setup.ConnectAsync())
        {
            (await refused.ReceiveAsync(new byte[1].AsMemory(), Token)).Should().Be(0);
        }

        setup.Forward.State.Should().Be(PortForwardState.Recovering);
        Func<Task> open = async () => await setup.Tunnel.OpenAsync(8786, Token);
        await open.Should().ThrowAsync<KubernetesUnauthorizedException>();

        setup.Peer.RefuseUpgrades = 0;
        using Socket renewed = await setup.ConnectAsync();
        await EchoOnceAsync(renewed);
        setup.Forward.State.Should().Be(PortForwardState.Connected);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Connect_PodDeletedTwentyTimesDuringTransfers_HealsEachTime(PortForwardTransport transport)
    {
        await using Setup setup = new(transport, async socket =>
        {
            byte[] buffer = new byte[10_000];
            await EchoOnceServerAsync(socket);
            while (true)
            {
                await socket.SendAsync(buffer);
            }
        });
        using (Socket first = await setup.ConnectAsync())
        {
            await EchoOnceAsync(first);
        }

        await Poll.UntilAsync(() => setup.Peer.Watches > 0);
        for (int round = 1; round <= 20; round++)
        {
            using Socket transfer = await setup.ConnectAsync();
            await EchoOnceAsync(transfer);
            Task ended = DrainAsync(transfer);
            setup.Peer.ReplacePod("");
            setup.Peer.CutAll(keepWatches: true);
            await Poll.UntilAsync(() => setup.Tunnel.Sessions == 0);
            Task<Socket> waiting = Task.Run(setup.ConnectAsync, Token);
            await Task.Delay(20, Token);
            setup.Peer.ReplacePod($"scheduler-{round}");

            using Socket next = await waiting.WaitAsync(TimeSpan.FromSeconds(5), Token);
            await EchoOnceAsync(next).WaitAsync(TimeSpan.FromSeconds(5), Token);
            await ended.WaitAsync(TimeSpan.FromSeconds(5), Token);
        }
    }

    [Theory]
    [InlineData(PortForwardTransport.SpdyOverWebSocket)]
    [InlineData(PortForwardTransport.Spdy)]
    public async Task Connect_PodGoneButSessionStays_EndsItsConnections(PortForwardTransport transport)
    {
        await using Setup setup = new(transport, PodServer.EchoAsync);
        using Socket idle = await setup.ConnectAsync();
        await EchoOnceAsync(idle);
        await Poll.UntilAsync(() => setup.Peer.Watches > 0);
        await Task.Delay(100, Token);

        setup.Peer.ReplacePod("scheduler-1");
        Func<Task> read = async () => await idle.ReceiveAsync(new byte[1].AsMemory(), Token);

        await read.Should().ThrowAsync<SocketException>();
        using Socket next = await setup.ConnectAsync();
        await EchoOnceAsync(next);
    }

    [Fact]
    public async Task Connect_OneTransportDies_NeighboursOnOthersNoticeNothing()
    {
        await using Setup setup = new(PortForwardTransport.Spdy, PodServer.EchoAsync);
        List<Socket> clients = [];
        for (int i = 0; i < 12; i++)
        {
            clients.Add(await setup.ConnectAsync());
            await EchoOnceAsync(clients[^1]);
        }

        setup.Peer.Sessions.Count.Should().Be(3);
        setup.Peer.CutOne();
        await Poll.UntilAsync(() => setup.Peer.Sessions.Count == 2 && setup.Forward.OpenConnections == 8);

        int alive = 0;
        foreach (Socket client in clients)
        {
            try
            {
                await EchoOnceAsync(client);
                alive++;
            }
            catch (SocketException)
            {
            }

            client.Dispose();
        }

        alive.Should().Be(8);
        using Socket next = await setup.ConnectAsync();
        await EchoOnceAsync(next);
    }

    [Theory]
    [InlineData(PortForwardTransport.SpdyOverWebSocket, 1)]
    [InlineData(PortForwardTransport.Spdy, 2)]
    [InlineData(PortForwardTransport.WebSocket, 3)]
    public async Task Transport_ServerOffersOne_IsFoundByAskingAndRemembered(PortForwardTransport offered, int upgrades)
    {
        await using Setup setup = new(offered, PodServer.EchoAsync);
        using (Socket first = await setup.ConnectAsync())
        {
            await EchoOnceAsync(first);
        }

        setup.Forward.Transport.Should().Be(offered);
        setup.Peer.Requests.Count(r => r.Contains("/portforward")).Should().Be(upgrades);

        await using Stream own = await setup.Tunnel.OpenAsync(8786, Token);
        setup.Peer.Requests.Count(r => r.Contains("/portforward")).Should().Be(upgrades + 1);
    }

    [Fact]
    public async Task Transport_Forced_AsksForNoOther()
    {
        await using Setup setup = new(PortForwardTransport.WebSocket, PodServer.EchoAsync, new TunnelOptions { Transport = PortForwardTransport.Spdy, OpenTimeout = TimeSpan.FromMilliseconds(300) });

        Func<Task> open = async () => await setup.Tunnel.OpenAsync(8786, Token);

        await open.Should().ThrowAsync<PortForwardException>();
        setup.Peer.Requests.Where(r => r.Contains("/portforward")).Should().OnlyContain(r => r.StartsWith("POST"));
    }

    [Fact]
    public async Task State_NoPodLeft_TellsRecoveringAndClosesAfterTheLimit()
    {
        await using Setup setup = new(PortForwardTransport.Spdy, PodServer.EchoAsync, new TunnelOptions { OpenTimeout = TimeSpan.FromSeconds(1) });
        using (Socket first = await setup.ConnectAsync())
        {
            await EchoOnceAsync(first);
        }

        List<PortForwardStateChangedEventArgs> changes = [];
        setup.Forward.StateChanged += (_, change) =>
        {
            lock (changes)
            {
                changes.Add(change);
            }
        };
        await Poll.UntilAsync(() => setup.Peer.Watches > 0);
        await Task.Delay(100, Token);
        setup.Peer.ReplacePod("");
        await Poll.UntilAsync(() => setup.Forward.State == PortForwardState.Recovering);

        using Socket waiting = await setup.ConnectAsync();
        (await waiting.ReceiveAsync(new byte[1].AsMemory(), Token)).Should().Be(0);
        changes.Should().Contain(c => c.Current == PortForwardState.Recovering && c.Reason != null);
        setup.Forward.FailedConnections.Should().Be(1);
    }

    private static async Task ExchangeAsync(PortForward forward, int seed, int length)
    {
        Random random = new(seed);
        byte[] data = new byte[length];
        random.NextBytes(data);
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(forward.LocalAddress, forward.LocalPort, Token);
        Task writing = Task.Run(async () =>
        {
            Random sizes = new(seed + 1000);
            for (int offset = 0; offset < length;)
            {
                int count = Math.Min(length - offset, sizes.Next(1, 30_000));
                offset += await client.SendAsync(data.AsMemory(offset, count), Token);
                if (seed % 8 == 0)
                {
                    await Task.Delay(1, Token);
                }
            }
        });
        byte[] got = new byte[length];
        for (int offset = 0; offset < length;)
        {
            int count = await client.ReceiveAsync(got.AsMemory(offset, Math.Min(length - offset, random.Next(1, 20_000))), Token);
            count.Should().BePositive();
            offset += count;
            if (seed % 8 == 1)
            {
                await Task.Delay(1, Token);
            }
        }

        await writing;
        SHA256.HashData(got).Should().Equal(SHA256.HashData(data));
    }

    private static async Task EchoSlowlyAsync(Socket socket)
    {
        Random random = new();
        byte[] buffer = new byte[16 * 1024];
        int count;
        while ((count = await socket.ReceiveAsync(buffer.AsMemory(0, random.Next(1, buffer.Length)))) > 0)
        {
            for (int offset = 0; offset < count;)
            {
                offset += await socket.SendAsync(buffer.AsMemory(offset, Math.Min(count - offset, random.Next(1, 9000))));
            }
        }
    }

    private static async Task EchoOnceServerAsync(Socket socket)
    {
        byte[] one = new byte[1];
        await socket.ReceiveAsync(one.AsMemory());
        await socket.SendAsync(one);
    }

    private static async Task EchoOnceAsync(Socket client)
    {
        byte[] one = [42];
        await client.SendAsync(one, Token);
        one[0] = 0;
        int count = await client.ReceiveAsync(one.AsMemory(), Token);
        if (count == 0)
        {
            throw new SocketException((int)SocketError.ConnectionAborted);
        }

        one[0].Should().Be(42);
    }

    private static async Task DrainAsync(Socket client)
    {
        byte[] room = new byte[65536];
        try
        {
            while (await client.ReceiveAsync(room.AsMemory(), Token) > 0)
            {
            }
        }
        catch (SocketException)
        {
        }
    }

    /// <summary>A pod, an API server before it and a forward to it.</summary>
    private sealed class Setup : IAsyncDisposable
    {
        private readonly PodServer pod;

        public Setup(PortForwardTransport transport, Func<Socket, Task> serve, TunnelOptions? options = null)
        {
            pod = new PodServer(serve);
            Peer = new ForwardingPeer { Offers = [transport] };
            Peer.Ports[8786] = pod.Port;
            KubeConnection connection = Peer.Connect();
            Tunnel = new PodTunnel(connection, new ReadyPods(connection, "component=scheduler"), options ?? TunnelOptions.Default, NullLogger.Instance);
            Forward = PortForward.Start(Tunnel, 8786, null, 0, NullLogger.Instance);
        }

        public ForwardingPeer Peer { get; }

        public PodTunnel Tunnel { get; }

        public PortForward Forward { get; }

        public async Task<Socket> ConnectAsync()
        {
            Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await client.ConnectAsync(Forward.LocalAddress, Forward.LocalPort, Token);
            return client;
        }

        public async Task IsEmptyAsync() =>
            await Poll.UntilAsync(() => Forward.OpenConnections == 0 && pod.Open == 0 && Peer.OpenStreams == 0);

        public async ValueTask DisposeAsync()
        {
            await Forward.DisposeAsync();
            await Tunnel.DisposeAsync();
            await Peer.DisposeAsync();
            await pod.DisposeAsync();
        }
    }
}
