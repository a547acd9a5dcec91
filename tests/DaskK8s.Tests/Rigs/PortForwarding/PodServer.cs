using System.Net;
using System.Net.Sockets;

namespace DaskK8s.Tests.Rigs.PortForwarding;

/// <summary>The process inside the pod: a loopback listener that gives each connection to a function.</summary>
internal sealed class PodServer : IAsyncDisposable
{
    private readonly Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Func<Socket, Task> serve;
    private int open;

    public PodServer(Func<Socket, Task> serve)
    {
        this.serve = serve;
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(2000);
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndPoint!).Port;

    public int Open => Volatile.Read(ref open);

    /// <summary>Serves what clients send back to them, closing when they close.</summary>
    public static async Task EchoAsync(Socket socket)
    {
        byte[] buffer = new byte[16 * 1024];
        int count;
        while ((count = await socket.ReceiveAsync(buffer.AsMemory())) > 0)
        {
            for (int offset = 0; offset < count;)
            {
                offset += await socket.SendAsync(buffer.AsMemory(offset, count - offset));
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        listener.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await listener.AcceptAsync());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        Interlocked.Increment(ref open);
        try
        {
            socket.NoDelay = true;
            await serve(socket);
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
        }
        finally
        {
            socket.Dispose();
            Interlocked.Decrement(ref open);
        }
    }
}
