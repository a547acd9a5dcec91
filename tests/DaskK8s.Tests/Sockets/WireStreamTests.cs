using System.Net.Sockets;

using DaskK8s.Sockets;
using DaskK8s.Tests.Rigs;

namespace DaskK8s.Tests.Sockets;

public sealed class WireStreamTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly SocketPair _pair = new();
    private readonly WireStream _stream;

    public WireStreamTests() => _stream = new WireStream(_pair.Near);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _stream.Dispose();
        _pair.Dispose();
    }

    [Fact]
    public async Task ReadAsync_AnySizesOfSendsAndReads_GivesEveryByteInOrder()
    {
        byte[] sent = Bytes(3_000_000);
        Task sending = Task.Run(() => SendInPieces(_pair.Far, sent, new Random(1), 200_000), Token);

        byte[] received = new byte[sent.Length];
        Random sizes = new(2);
        for (int at = 0; at < received.Length;)
        {
            int count = await _stream.ReadAsync(received.AsMemory(at, Math.Min(received.Length - at, sizes.Next(1, 40_000))), Token).AsTask().WaitAsync(Limit, Token);
            count.Should().BePositive();
            at += count;
        }

        await sending;
        received.Should().Equal(sent);
    }

    [Fact]
    public async Task WriteAsync_PeerThatStopsReading_WaitsAndLosesNothing()
    {
        byte[] sent = Bytes(30_000_000);
        Task writing = _stream.WriteAsync(sent, Token).AsTask();
        writing.IsCompleted.Should().BeFalse("no socket holds as much");

        byte[] received = new byte[sent.Length];
        await Task.Run(() => ReceiveAll(_pair.Far, received), Token).WaitAsync(Limit, Token);

        await writing.WaitAsync(Limit, Token);
        received.Should().Equal(sent);
    }

    [Fact]
    public async Task ReadAsync_ForNothing_EndsWhenThereIsSomethingAndTakesNothing()
    {
        ValueTask<int> asked = _stream.ReadAsync(Memory<byte>.Empty, Token);
        bool wasThere = asked.IsCompleted;
        _pair.Far.Send([7]);

        (await asked.AsTask().WaitAsync(Limit, Token)).Should().Be(0);
        byte[] one = new byte[4];
        (await _stream.ReadAsync(one, Token)).Should().Be(1);
        wasThere.Should().BeFalse();
        one[0].Should().Be(7);
    }

    [Fact]
    public async Task ReadAsync_PeerCloses_GivesTheLastBytesAndThenTheEnd()
    {
        _pair.Far.Send([1, 2, 3]);
        _pair.Far.Shutdown(SocketShutdown.Send);

        byte[] buffer = new byte[2];
        List<int> counts = [];
        for (int i = 0; i < 4; i++)
        {
            counts.Add(await _stream.ReadAsync(buffer, Token).AsTask().WaitAsync(Limit, Token));
        }

        counts.Should().Equal(2, 1, 0, 0);
    }

    [Fact]
    public async Task ReadAsync_PeerResets_ThrowsAnIOException()
    {
        Task<int> reading = _stream.ReadAsync(new byte[10], Token).AsTask();
        _pair.Far.LingerState = new LingerOption(enable: true, seconds: 0);
        _pair.Far.Dispose();

        Func<Task> read = () => reading.WaitAsync(Limit, Token);

        await read.Should().ThrowAsync<IOException>();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ReadAsync_EndedWhileItWaits_EndsAtOnce(bool isCancelled)
    {
        using CancellationTokenSource giveUp = new();
        Task<int> reading = _stream.ReadAsync(new byte[10], giveUp.Token).AsTask();

        if (isCancelled)
        {
            await giveUp.CancelAsync();
        }
        else
        {
            await _stream.DisposeAsync();
        }

        Func<Task> read = () => reading.WaitAsync(Limit, Token);
        (await read.Should().ThrowAsync<Exception>()).Which.GetType().Should().Match(
            t => isCancelled ? t == typeof(OperationCanceledException) : t == typeof(ObjectDisposedException));
    }

    [Fact]
    public async Task ReadAsync_AwaitedOnTheLoop_GoesOnThereAndElsewhereOnThePool()
    {
        bool[] places = new bool[2];
        Task onLoop = OnLoopAsync();
        _pair.Far.Send([1]);
        await onLoop.WaitAsync(Limit, Token);
        Task elsewhere = Task.Run(() => ReadAsync(1), Token);
        _pair.Far.Send([2]);
        await elsewhere.WaitAsync(Limit, Token);

        places.Should().Equal(true, false);

        async Task OnLoopAsync()
        {
            await SocketLoop.SwitchAsync().ConfigureAwait(false);
            await ReadAsync(0).ConfigureAwait(false);
        }

        async Task ReadAsync(int place)
        {
            await _stream.ReadAsync(new byte[1], Token).ConfigureAwait(false);
            places[place] = SocketLoop.IsCurrent;
        }
    }

    private static byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(0).NextBytes(bytes);
        return bytes;
    }

    private static void SendInPieces(Socket socket, ReadOnlySpan<byte> data, Random sizes, int largest)
    {
        while (!data.IsEmpty)
        {
            int count = socket.Send(data[..Math.Min(data.Length, sizes.Next(1, largest))]);
            data = data[count..];
        }
    }

    private static void ReceiveAll(Socket socket, Span<byte> data)
    {
        while (!data.IsEmpty)
        {
            data = data[socket.Receive(data)..];
        }
    }
}
