using System.Net;
using System.Net.Sockets;

using DaskK8s.PortForwarding;
using DaskK8s.PortForwarding.Spdy;
using DaskK8s.PortForwarding.Tunnels;
using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.PortForwarding;

using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace DaskK8s.Tests.PortForwarding.Spdy;

public sealed class SpdySessionTests : IAsyncDisposable
{
    private readonly FakeTimeProvider time = new();
    private readonly CancellationTokenSource closing = new();
    private readonly List<IDisposable> sockets = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        sockets.ForEach(s => s.Dispose());
        closing.Dispose();
    }

    [Fact]
    public async Task Ended_ServerSilentAndNoAnswerToPings_EndsAfterIntervalAndTimeout()
    {
        (SpdySession session, SpdyPeer peer) = await StartAsync(_ => 1);
        peer.AnswersPings = false;
        await using (session)
        {
            SpdyStream stream = session.TryOpen(1)!;
            await Advance(() => session.Ended.IsCompleted);

            session.IsUsable.Should().BeFalse();
            Func<Task> read = async () => await stream.ReadAsync(new byte[1], Token);
            await read.Should().ThrowAsync<PortForwardException>();
            peer.Pings.Should().BeGreaterThanOrEqualTo(5);
        }
    }

    public static TheoryData<Exception> Endings =>
    [
        new TimeoutException("nothing came"), new SpdyProtocolException("The peer requests more answers than it reads."), new IOException("broken"),
        new ObjectDisposedException("session"), new SocketException((int)SocketError.ConnectionReset), new InvalidOperationException("odd"),
    ];

    [Theory]
    [MemberData(nameof(Endings))]
    public async Task WriteAsync_SessionThatEnded_FailsAsALostConnectionWhateverEndedIt(Exception why)
    {
        (SpdySession session, _) = await StartAsync(_ => 1);
        await using (session)
        {
            SpdyStream stream = session.TryOpen(1)!;

            // The moment between a session's end and that its streams have heard of it.
            session.Output.Fail(why);

            Exception? written = await Record.ExceptionAsync(async () => await stream.WriteAsync(new byte[1], Token));
            Exception? completed = await Record.ExceptionAsync(async () => await stream.CompleteWritesAsync(Token));

            // A stream that has heard of the end meanwhile takes the bytes, and tells its reader.
            Exception[] errors = [.. new[] { written, completed }.OfType<Exception>()];
            errors.Should().NotBeEmpty().And.AllBeOfType<PortForwardException>();
        }
    }

    [Fact]
    public async Task Ended_ServerAnswersPings_GoesOn()
    {
        await using PodServer pod = new(PodServer.EchoAsync);
        (SpdySession session, SpdyPeer peer) = await StartAsync(_ => pod.Port);
        await using (session)
        {
            SpdyStream stream = session.TryOpen(1)!;
            for (int i = 0; i < 20; i++)
            {
                // What comes back after the answers shows that they have come: the clock stands until then.
                await EchoOnceAsync(stream);
                int before = peer.Pings;
                time.Advance(TimeSpan.FromSeconds(5));
                time.Advance(TimeSpan.FromSeconds(5));
                await Poll.UntilAsync(() => peer.Pings > before);
            }

            peer.Pings.Should().BeGreaterThan(20);
            session.Ended.IsCompleted.Should().BeFalse();
            session.IsUsable.Should().BeTrue();
        }
    }

    [Fact]
    public async Task IsUsable_PodMayStillHaveToTakeBytes_IsAvoidedFirstAndEndedLater()
    {
        await using PodServer pod = new(async _ => await Task.Delay(Timeout.Infinite, closing.Token).ContinueWith(_ => { }, TaskScheduler.Default));
        (SpdySession session, SpdyPeer peer) = await StartAsync(_ => pod.Port);
        await using (session)
        {
            SpdyStream stream = session.TryOpen(1)!;
            await stream.WriteAsync(new byte[10], Token);
            await Poll.UntilAsync(() => pod.Open == 1);
            peer.AnswersPings = false;

            await Advance(() => !session.IsUsable);
            session.Ended.IsCompleted.Should().BeFalse();
            await Advance(() => session.Ended.IsCompleted);
        }
    }

    [Fact]
    public async Task IsUsable_MachineSlept_IsFalseUntilTheServerAnswers()
    {
        (SpdySession session, SpdyPeer peer) = await StartAsync(_ => 1);
        peer.AnswersPings = false;
        await using (session)
        {
            // Monotonic time stands still while a machine sleeps, so only the wall clock tells.
            time.AdjustTime(time.GetUtcNow() + TimeSpan.FromHours(1));
            session.IsUsable.Should().BeFalse();

            await Poll.UntilAsync(() => peer.Pings > 0);
            peer.AnswersPings = true;
            session.Ping();
            await Poll.UntilAsync(() => session.IsUsable);
        }
    }

    [Fact]
    public async Task TryOpen_AfterGoAway_RefusesAndLetsTheOthersFinish()
    {
        await using PodServer pod = new(PodServer.EchoAsync);
        (SpdySession session, SpdyPeer peer) = await StartAsync(_ => pod.Port);
        await using (session)
        {
            SpdyStream stream = session.TryOpen(1)!;
            await EchoOnceAsync(stream);

            await peer.SendControlAsync(7, 0, new byte[8]);
            await Poll.UntilAsync(() => !session.IsUsable);

            session.TryOpen(1).Should().BeNull();
            await EchoOnceAsync(stream);
        }
    }

    [Fact]
    public async Task OnControl_ServerPingsAndNonsense_AnswersAndGoesOn()
    {
        await using PodServer pod = new(PodServer.EchoAsync);
        (SpdySession session, SpdyPeer peer) = await StartAsync(_ => pod.Port);
        await using (session)
        {
            await peer.SendControlAsync(6, 0, [0, 0, 0, 2]);
            await peer.SendControlAsync(4, 0, [0, 0, 0, 1, 0, 0, 0, 7, 0, 1, 0, 0]);
            await peer.SendControlAsync(9, 0, new byte[8]);
            await peer.SendControlAsync(8, 0, new byte[200]);
            await peer.SendControlAsync(99, 0, new byte[20_000]);
            await EchoOnceAsync(session.TryOpen(1)!);

            peer.Pings.Should().Be(1, "the client answers the server's ping");
        }
    }

    [Fact]
    public async Task ReadAsync_StreamReset_Throws()
    {
        await using PodServer pod = new(PodServer.EchoAsync);
        (SpdySession session, SpdyPeer peer) = await StartAsync(_ => pod.Port);
        await using (session)
        {
            SpdyStream stream = session.TryOpen(1)!;
            SpdyStream neighbour = session.TryOpen(1)!;
            await EchoOnceAsync(stream);

            await peer.SendControlAsync(3, 0, [0, 0, 0, (byte)stream.DataId, 0, 0, 0, 5]);
            Func<Task> read = async () => await stream.ReadAsync(new byte[1], Token);

            (await read.Should().ThrowAsync<PortForwardException>()).WithMessage("*was reset*");
            await EchoOnceAsync(neighbour);
        }
    }

    [Fact]
    public async Task ReadAsync_Cancelled_LeavesTheConnectionWhole()
    {
        await using PodServer pod = new(PodServer.EchoAsync);
        (SpdySession session, _) = await StartAsync(_ => pod.Port);
        await using (session)
        {
            SpdyStream stream = session.TryOpen(1)!;
            using CancellationTokenSource cancel = new();
            ValueTask<int> pending = stream.ReadAsync(new byte[1], cancel.Token);
            await cancel.CancelAsync();

            Func<Task> read = async () => await pending;
            await read.Should().ThrowAsync<OperationCanceledException>();
            await EchoOnceAsync(stream);
        }
    }

    [Fact]
    public async Task CompleteWritesAsync_PodAnswersAtTheEnd_AnswerArrives()
    {
        await using PodServer pod = new(async socket =>
        {
            using MemoryStream all = new();
            await new NetworkStream(socket).CopyToAsync(all);
            await socket.SendAsync(BitConverter.GetBytes(all.Length));
        });
        (SpdySession session, _) = await StartAsync(_ => pod.Port);
        await using (session)
        {
            SpdyStream stream = session.TryOpen(1)!;
            await stream.WriteAsync(new byte[100_000], Token);
            await stream.CompleteWritesAsync(Token);
            byte[] answer = new byte[8];
            await stream.ReadExactlyAsync(answer, Token);

            BitConverter.ToInt64(answer).Should().Be(100_000);
            (await stream.ReadAsync(answer, Token)).Should().Be(0);
            await Poll.UntilAsync(() => session.Connections == 0);
        }
    }

    [Fact]
    public async Task DropStalling_ReaderHoldsUpNeighbours_IsResetAfterTheLimit()
    {
        await using PodServer pod = new(async socket =>
        {
            byte[] buffer = new byte[1 << 20];
            byte[] one = new byte[1];
            while (await socket.ReceiveAsync(one.AsMemory()) > 0)
            {
                await socket.SendAsync(one[0] == 'x' ? buffer : one);
            }
        });
        (SpdySession session, _) = await StartAsync(_ => pod.Port);
        await using (session)
        {
            SpdyStream stopped = session.TryOpen(1)!;
            SpdyStream neighbour = session.TryOpen(1)!;
            await stopped.WriteAsync("x"u8.ToArray(), Token);
            await Poll.UntilAsync(() => session.IsStalled);
            await neighbour.WriteAsync("y"u8.ToArray(), Token);
            stopped.Queue.Count.Should().BeLessThanOrEqualTo(TunnelOptions.Default.ConnectionBufferSize / 4);

            await Advance(() => !session.IsStalled);

            (await neighbour.ReadAsync(new byte[1], Token)).Should().Be(1);
            Func<Task> write = async () => await stopped.WriteAsync(new byte[1], Token);
            await write.Should().ThrowAsync<PortForwardException>();
        }
    }

    private static async Task EchoOnceAsync(SpdyStream stream)
    {
        byte[] buffer = [42];
        await stream.WriteAsync(buffer, Token);
        buffer[0] = 0;
        (await stream.ReadAsync(buffer, Token)).Should().Be(1);
        buffer[0].Should().Be(42);
    }

    /// <summary>Lets the clock run, a second at a time, until something is so.</summary>
    private async Task Advance(Func<bool> condition)
    {
        for (int i = 0; i < 600 && !condition(); i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(2, Token);
        }

        await Poll.UntilAsync(condition);
    }

    private async Task<(SpdySession Session, SpdyPeer Peer)> StartAsync(Func<int, int> localPort)
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndPoint!, Token);
        Socket server = await listener.AcceptAsync(Token);
        sockets.AddRange([client, server]);
        SpdyPeer peer = new(new NetworkStream(server, ownsSocket: true), localPort, closing.Token);
        _ = ServeAsync(peer);
        SpdySession session = SpdySession.Start(
            new NetworkStream(client, ownsSocket: true),
            PortForwardTransport.Spdy,
            new PodTarget("test", "scheduler-0", "uid"),
            TunnelOptions.Default,
            NullLogger.Instance,
            time);
        return (session, peer);
    }

    private static async Task ServeAsync(SpdyPeer peer)
    {
        try
        {
            await peer.ServeAsync();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
        }
    }
}
