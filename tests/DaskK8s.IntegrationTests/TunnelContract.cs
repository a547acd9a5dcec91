using System.Net.Sockets;
using System.Security.Cryptography;

using DaskK8s.IntegrationTests.Rigs;
using DaskK8s.PortForwarding;
using DaskK8s.PortForwarding.Tunnels;

using Microsoft.Extensions.Logging.Abstractions;

namespace DaskK8s.IntegrationTests;

/// <summary>Proves that bytes arrive: in order, with backpressure, whatever neighbours do.</summary>
public sealed class TunnelContract(TestCluster kubernetes)
{
    private const int NobodyListens = 9;

    private static readonly TimeSpan HangLimit = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Connect_SixtyFourAtOnceWithRandomChunks_EveryByteInOrderBothWays()
    {
        await using TunnelRig rig = await TunnelRig.StartAsync(kubernetes);

        await Task.WhenAll(Enumerable.Range(0, 64).Select(seed => Task.Run(() => ExchangeAsync(rig, seed, 400_000))));

        rig.Forward.FailedConnections.Should().Be(0);
    }

    [Fact]
    public async Task Connect_ReaderStops_StopsTheSenderAndNobodyElse()
    {
        const long Total = 256 * 1024 * 1024;
        await using TunnelRig rig = await TunnelRig.StartAsync(kubernetes);
        using Socket stopped = await rig.AskAsync('d', Total);
        stopped.ReceiveBufferSize = 64 * 1024;
        long before = -1;
        while (before != rig.Forward.BytesReceived || before == 0)
        {
            before = rig.Forward.BytesReceived;
            await Task.Delay(500, Token);
        }

        for (int i = 0; i < 8; i++)
        {
            await rig.EchoAsync().WaitAsync(HangLimit, Token);
        }

        before.Should().BeLessThan(Total / 4, "only the buffers on the way may be full");
        (long received, bool isClose) = await TunnelRig.DrainAsync(stopped);
        received.Should().Be(Total);
        isClose.Should().BeTrue();
    }

    [Fact]
    public async Task Connect_AmongRefusedClosedAndDeafOnes_IsAlwaysServed()
    {
        await using TunnelRig rig = await TunnelRig.StartAsync(kubernetes);
        await using PortForward refusing = PortForward.Start(rig.Tunnel, NobodyListens, 0, 0, NullLogger.Instance);
        Random random = new(5);
        int[] kinds = [.. Enumerable.Range(0, 300).Select(_ => random.Next(3))];

        await Parallel.ForEachAsync(kinds, new ParallelOptions { MaxDegreeOfParallelism = 6, CancellationToken = Token }, async (kind, _) =>
        {
            await LeaveUnreadAsync(await (kind switch
            {
                0 => rig.AskAsync('e', 0, refusing),
                1 => rig.AskAsync('c', 0),
                _ => rig.AskAsync('n', 500),
            }));
            await rig.EchoAsync().WaitAsync(HangLimit, Token);
        });

        rig.Forward.State.Should().Be(PortForwardState.Connected);
    }

    [Fact]
    public async Task OpenAsync_OwnCallsAmongRefusedOnes_ThrowTheNodesTextAndHoldUpNobody()
    {
        await using TunnelRig rig = await TunnelRig.StartAsync(kubernetes);
        for (int round = 0; round < 30; round++)
        {
            await using (TunnelStream refused = await rig.Tunnel.OpenAsync(NobodyListens, Token))
            {
                await refused.WriteAsync(new byte[20_000], Token);
                Func<Task> read = async () => await refused.ReadAsync(new byte[1], Token).AsTask().WaitAsync(HangLimit, Token);
                (await read.Should().ThrowAsync<PortForwardException>()).Which.Refusal.Should().Contain("refused");
            }

            await using TunnelStream own = await rig.Tunnel.OpenAsync(DataPods.Port, Token);
            await own.WriteAsync("e12345678!"u8.ToArray(), Token);
            (await own.ReadAsync(new byte[1], Token).AsTask().WaitAsync(HangLimit, Token)).Should().Be(1);
        }
    }

    /// <summary>Sends what nobody reads, then resets.</summary>
    private static async Task LeaveUnreadAsync(Socket client)
    {
        using (client)
        {
            client.LingerState = new LingerOption(true, 0);
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
            limit.CancelAfter(TimeSpan.FromMilliseconds(100));
            try
            {
                for (int i = 0; i < 10; i++)
                {
                    await client.SendAsync(new byte[60_000], limit.Token);
                }
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // Closed by the pod, or nobody takes any more: both leave something unread.
            }
        }
    }

    private static async Task ExchangeAsync(TunnelRig rig, int seed, int length)
    {
        Random random = new(seed);
        byte[] data = new byte[length];
        random.NextBytes(data);
        using Socket client = await rig.AskAsync('e', 0);
        Task writing = Task.Run(async () =>
        {
            Random sizes = new(seed + 1000);
            for (int offset = 0; offset < length;)
            {
                offset += await client.SendAsync(data.AsMemory(offset, Math.Min(length - offset, sizes.Next(1, 30_000))), Token);
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
}
