using System.Net.Sockets;

using DaskK8s.IntegrationTests.Rigs;
using DaskK8s.PortForwarding;
using DaskK8s.PortForwarding.Tunnels;
using DaskK8s.Tests.Rigs;

using k8s;
using k8s.Models;

using Microsoft.Extensions.Logging.Abstractions;

namespace DaskK8s.IntegrationTests;

/// <summary>Proves what a forward survives: pods that go, an API server that goes, a token that goes, connections left in every state.</summary>
public sealed class TunnelFaultContract(TestCluster kubernetes)
{
    private const long Endless = 1L << 40;

    /// <summary>After how long something counts as hung.</summary>
    private static readonly TimeSpan HangLimit = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Connect_PodDeletedTwentyTimesDuringTransfers_WorksAgainWithinTwoSeconds()
    {
        await using TunnelRig rig = await TunnelRig.StartAsync(kubernetes);
        string pod = await rig.Pods.ReadyAsync(null);
        for (int round = 0; round < 20; round++)
        {
            await rig.EchoAsync().WaitAsync(HangLimit, Token);
            Task<(long Received, bool)>[] transfers = await TransferAsync(rig, 4);
            await rig.Pods.DeleteAsync();
            pod = await rig.Pods.ReadyAsync(pod);
            long ready = TimeProvider.System.GetTimestamp();

            await rig.EchoAsync().WaitAsync(HangLimit, Token);

            TimeProvider.System.GetElapsedTime(ready).Should().BeLessThan(TimeSpan.FromSeconds(2), "of round {0}", round);

            // A killed process closes its sockets in order, so some transfers end in a close, as they would without a forward.
            (await Task.WhenAll(transfers).WaitAsync(HangLimit, Token)).Should().OnlyContain(t => t.Received < Endless);
        }
    }

    [Fact]
    public async Task Connect_ApiServerRestartedDuringTransfers_RecoversOnTheSameLocalPort()
    {
        await using TunnelRig rig = await TunnelRig.StartAsync(kubernetes);
        int port = rig.Forward.LocalPort;
        await rig.EchoAsync();
        Task<(long, bool IsClose)>[] transfers = await TransferAsync(rig, 4);

        await kubernetes.RestartApiServerAsync(Token);
        (await Task.WhenAll(transfers).WaitAsync(HangLimit, Token)).Should().OnlyContain(t => !t.IsClose);
        await rig.EchoAsync().WaitAsync(HangLimit, Token);

        rig.Forward.LocalPort.Should().Be(port);
        rig.Forward.State.Should().Be(PortForwardState.Connected);
    }

    [Fact]
    public async Task Connect_TokenRevokedAndRenewed_RecoversByItself()
    {
        await using DataPods pods = await DataPods.StartAsync(kubernetes);
        V1PolicyRule[] rules =
        [
            new V1PolicyRule { ApiGroups = [""], Resources = ["pods"], Verbs = ["get", "list", "watch"] },
            new V1PolicyRule { ApiGroups = [""], Resources = ["pods/portforward"], Verbs = ["create"] },
        ];
        string kubeconfig = await kubernetes.CreateKubeconfigAsync(pods.Namespace, "forwarder", rules, Token);
        using TokenFile token = TokenFile.From(kubeconfig);
        await using TunnelRig rig = await TunnelRig.StartAsync(kubernetes, token.Kubeconfig, pods);
        await rig.EchoAsync();

        await kubernetes.RevokeAsync(pods.Namespace, "forwarder", Token);
        await kubernetes.RestartApiServerAsync(Token);
        using (Socket refused = await rig.AskAsync('e', 0))
        {
            (await TunnelRig.DrainAsync(refused).WaitAsync(HangLimit, Token)).Received.Should().Be(0);
        }

        PortForwardState whileRevoked = rig.Forward.State;
        token.Replace(await kubernetes.RenewAsync(pods.Namespace, "forwarder", Token));
        await rig.EchoAsync().WaitAsync(HangLimit, Token);

        whileRevoked.Should().Be(PortForwardState.Recovering);
        rig.Forward.State.Should().Be(PortForwardState.Connected);
    }

    [Fact]
    public async Task Connect_ThousandWithRandomResets_LeaveNoSocketBehind()
    {
        await using TunnelRig rig = await TunnelRig.StartAsync(kubernetes);
        await rig.EchoAsync();
        int before = OpenSockets();
        Random random = new(7);
        (char Kind, int Length, int End)[] plans =
            [.. Enumerable.Range(0, 1000).Select(_ => ("deuc"[random.Next(4)], random.Next(1, 100_000), random.Next(3)))];

        await Parallel.ForEachAsync(plans, new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = Token }, async (plan, token) =>
        {
            using Socket client = await rig.AskAsync(plan.Kind, plan.Length);
            try
            {
                if (plan.Kind is 'e' or 'u' or 'c' && plan.End > 0)
                {
                    await client.SendAsync(new byte[plan.Length], token);
                }

                if (plan.End > 1)
                {
                    await client.ReceiveAsync(new byte[plan.Length].AsMemory(), token).AsTask().WaitAsync(HangLimit, token);
                }
            }
            catch (SocketException)
            {
                // The pod closed with unread bytes, which resets.
            }

            if (plan.End != 1)
            {
                client.LingerState = new LingerOption(true, 0);
            }
        });
        await rig.EchoAsync().WaitAsync(HangLimit, Token);

        rig.Forward.TotalConnections.Should().Be(1002);
        await Poll.UntilAsync(() => rig.Forward.OpenConnections == 0);

        // What is left are the sound sessions, which stay a minute for those who come next.
        await Poll.UntilAsync(() => rig.Tunnel.Sessions <= TunnelOptions.Default.MaxSessions && OpenSockets() <= before + (2 * rig.Tunnel.Sessions));
    }

    [Fact]
    public async Task Start_LocalPortHeldBySomebodyElse_ThrowsNamingIt()
    {
        await using TunnelRig rig = await TunnelRig.StartAsync(kubernetes);

        Action start = () => PortForward.Start(rig.Tunnel, DataPods.Port, rig.Forward.LocalPort, 0, NullLogger.Instance);

        start.Should().Throw<PortForwardException>().Which.LocalPort.Should().Be(rig.Forward.LocalPort);
        await rig.EchoAsync();
    }

    private static async Task<Task<(long, bool)>[]> TransferAsync(TunnelRig rig, int count)
    {
        Task<(long, bool)>[] transfers = new Task<(long, bool)>[count];
        for (int i = 0; i < count; i++)
        {
            Socket socket = await rig.AskAsync('d', Endless);
            await socket.ReceiveAsync(new byte[1].AsMemory(), Token);
            transfers[i] = TunnelRig.DrainAsync(socket);
        }

        return transfers;
    }

    /// <summary>Counts this process's sockets; there is no such count but on Linux.</summary>
    private static int OpenSockets() => !OperatingSystem.IsLinux() ? 0 : Directory.EnumerateFiles("/proc/self/fd")
        .Count(file => new FileInfo(file).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true);
}
