using System.Net;
using System.Net.Sockets;

using DaskK8s.Dask.Protocol;

namespace DaskK8s.Tests.Rigs.Dask;

/// <summary>A scheduler on a loopback port that answers whatever it is asked with its identity: enough to connect to.</summary>
internal sealed class LoopbackScheduler : IAsyncDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly byte[] _identity;
    private readonly Task _accepting;

    public LoopbackScheduler(int workers = 2, int? all = null)
    {
        _identity = FakeMessages.Frame(SyntheticIdentity.Create(workers, all: all));
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    public string Address => $"tcp://{EndPoint}";

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> serving = [];
        try
        {
            while (true)
            {
                serving.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_ending.Token)));
            }
        }
        finally
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using TcpClient connection = client;
        try
        {
            NetworkStream stream = connection.GetStream();
            await stream.WriteAsync(
                FakeMessages.Frame(FakeMessages.Pack(FakeMessages.Map(("compression", null), ("python", new object?[] { 3, 13, 0 }), ("pickle-protocol", 5)))), _ending.Token);
            await FrameCodec.ReadAsync(stream, FrameLimits.Default, _ending.Token);
            while (true)
            {
                await FrameCodec.ReadAsync(stream, FrameLimits.Default, _ending.Token);
                await stream.WriteAsync(_identity, _ending.Token);
            }
        }
        catch (Exception e) when (e is IOException or DaskK8sException or OperationCanceledException or SocketException)
        {
            // The client is gone, or the test over.
        }
    }
}
