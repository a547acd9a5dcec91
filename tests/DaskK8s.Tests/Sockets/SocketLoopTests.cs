using System.Net.Sockets;

using DaskK8s.Sockets;
using DaskK8s.Tests.Rigs;

namespace DaskK8s.Tests.Sockets;

public sealed class SocketLoopTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WaitAsync_OneOfManyIsReady_EndsThatOneAlone()
    {
        SocketPair[] pairs = [.. Enumerable.Range(0, 100).Select(_ => new SocketPair())];
        Task[] waits = [.. pairs.Select(pair => WaitAsync(pair.Near))];

        pairs[42].Far.Send([1]);
        await waits[42].WaitAsync(Limit, Token);

        waits.Count(wait => wait.IsCompleted).Should().Be(1);
        foreach (SocketPair pair in pairs)
        {
            pair.Far.Send([1]);
        }

        await Task.WhenAll(waits).WaitAsync(Limit, Token);
        foreach (SocketPair pair in pairs)
        {
            pair.Dispose();
        }
    }

    [Fact]
    public async Task WaitAsync_AnotherSocketIsClosedMeanwhile_StillSeesItsOwn()
    {
        using SocketPair kept = new();
        SocketPair closed = new();
        byte[] received = new byte[1];
        Task reading = ReadAsync(kept.Near, received);
        Task gone = WaitAsync(closed.Near);

        closed.Dispose();
        await gone.WaitAsync(Limit, Token);
        kept.Far.Send([9]);

        await reading.WaitAsync(Limit, Token);
        received.Should().Equal(9);
    }

    [Fact]
    public async Task CloseAsync_SocketsThatAreWaitedFor_EndsTheirWaitsAndNoOthers()
    {
        SocketPair[] pairs = [.. Enumerable.Range(0, 60).Select(_ => new SocketPair())];
        Task[] waits = [.. pairs.Select(pair => WaitAsync(pair.Near))];

        await Task.WhenAll(pairs[..30].Select(pair => Task.Run(() => SocketLoop.CloseAsync(pair.Near)))).WaitAsync(Limit, Token);

        await Task.WhenAll(waits[..30]).WaitAsync(Limit, Token);
        waits[30..].Should().OnlyContain(static wait => !wait.IsCompleted);
        pairs[..30].Should().OnlyContain(static pair => IsClosed(pair.Near));
        foreach (SocketPair pair in pairs[30..])
        {
            pair.Far.Send([1]);
        }

        await Task.WhenAll(waits[30..]).WaitAsync(Limit, Token);
        foreach (SocketPair pair in pairs)
        {
            pair.Dispose();
        }
    }

    [Fact]
    public async Task CloseAsync_AnyThread_DoesNotGoOnOnTheLoop()
    {
        using SocketPair pair = new();

        bool onLoop = await Task.Run(async () =>
        {
            await SocketLoop.CloseAsync(pair.Near).ConfigureAwait(false);
            return SocketLoop.IsCurrent;
        });

        onLoop.Should().BeFalse("user code would run there");
    }

    [Fact]
    public async Task WaitAsync_SocketThatIsDisposedAlready_EndsAtOnce()
    {
        SocketPair pair = new();
        pair.Near.Blocking = false;
        SocketWait wait = new(pair.Near, forWriting: false);
        pair.Dispose();

        await wait.WaitAsync(inline: false).AsTask().WaitAsync(Limit, Token);
    }

    [Fact]
    public async Task WaitAsync_InlineFromAnyThread_AlwaysGoesOnOnTheLoop()
    {
        using SocketPair pair = new();
        pair.Far.Send([1]);
        int strays = 0;

        // What is ready already is the hard case: the wait may end before it is awaited.
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 500; i++)
            {
                await SocketLoop.SwitchAsync().ConfigureAwait(false);
                Interlocked.Add(ref strays, SocketLoop.IsCurrent ? 0 : 1);
                await Task.Yield();
            }
        }))).WaitAsync(Limit, Token);

        strays.Should().Be(0);
    }

    [Fact]
    public async Task WaitAsync_ManySocketsAtOnce_ServesEachOfThem()
    {
        SocketPair[] pairs = [.. Enumerable.Range(0, 64).Select(_ => new SocketPair())];
        Task[] echoes = [.. pairs.Select(pair => EchoAsync(pair.Near))];

        // The far ends block, on threads of their own: the pool's are needed by what is tested.
        await Task.WhenAll(pairs.Select(pair => Task.Factory.StartNew(
            () =>
            {
                byte[] one = new byte[1];
                for (int i = 0; i < 200; i++)
                {
                    pair.Far.Send([(byte)i]);
                    pair.Far.Receive(one);
                    one[0].Should().Be((byte)i);
                }

                pair.Far.Dispose();
            },
            Token,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default))).WaitAsync(Limit, Token);

        await Task.WhenAll(echoes).WaitAsync(Limit, Token);
        foreach (SocketPair pair in pairs)
        {
            pair.Dispose();
        }
    }

    private static bool IsClosed(Socket socket)
    {
        try
        {
            return socket.LocalEndPoint is null;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }

    private static async Task WaitAsync(Socket socket)
    {
        socket.Blocking = false;
        await new SocketWait(socket, forWriting: false).WaitAsync(inline: false).ConfigureAwait(false);
    }

    private static async Task<int> ReadAsync(Socket socket, byte[] buffer)
    {
        socket.Blocking = false;
        SocketWait readable = new(socket, forWriting: false);
        while (true)
        {
            await readable.WaitAsync(inline: false).ConfigureAwait(false);
            int count = socket.Receive(buffer, SocketFlags.None, out SocketError error);
            if (error != SocketError.WouldBlock)
            {
                return count;
            }
        }
    }

    private static async Task EchoAsync(Socket socket)
    {
        byte[] buffer = new byte[1];
        while (await ReadAsync(socket, buffer).ConfigureAwait(false) == 1)
        {
            socket.Send(buffer).Should().Be(1);
        }
    }
}
