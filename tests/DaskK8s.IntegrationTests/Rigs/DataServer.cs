using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace DaskK8s.IntegrationTests.Rigs;

/// <summary>Does in this process what <see cref="Benchmarks.Tunnel.DataProgram"/> does in a pod, for the embedded cluster's pods.</summary>
internal static class DataServer
{
    private static readonly Lazy<IPEndPoint> Started = new(Start);

    public static IPEndPoint EndPoint => Started.Value;

    private static IPEndPoint Start()
    {
        Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(512);
        _ = AcceptAsync(listener);
        return (IPEndPoint)listener.LocalEndPoint!;
    }

    private static async Task AcceptAsync(Socket listener)
    {
        while (true)
        {
            _ = ServeAsync(await listener.AcceptAsync());
        }
    }

    private static async Task ServeAsync(Socket socket)
    {
        using NetworkStream stream = new(socket, ownsSocket: true);
        socket.NoDelay = true;
        byte[] buffer = new byte[64 * 1024];
        try
        {
            await stream.ReadExactlyAsync(buffer.AsMemory(0, 9));
            long count = BinaryPrimitives.ReadInt64LittleEndian(buffer.AsSpan(1));
            await (buffer[0] switch
            {
                (byte)'d' => SendAsync(stream, buffer, count),
                (byte)'u' => TakeAsync(stream, buffer, count),
                (byte)'n' => Task.Delay(TimeSpan.FromMilliseconds(count)),
                (byte)'e' => stream.CopyToAsync(stream),
                _ => Task.CompletedTask,
            });
        }
        catch (IOException)
        {
            // The client went away, which is its right.
        }
    }

    private static async Task SendAsync(NetworkStream stream, byte[] buffer, long count)
    {
        Array.Clear(buffer);
        for (; count > 0; count -= Math.Min(count, buffer.Length))
        {
            await stream.WriteAsync(buffer.AsMemory(0, (int)Math.Min(count, buffer.Length)));
        }
    }

    private static async Task TakeAsync(NetworkStream stream, byte[] buffer, long count)
    {
        for (int read = 1; count > 0 && read > 0; count -= read)
        {
            read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(count, buffer.Length)));
        }

        await stream.WriteAsync("x"u8.ToArray());
    }
}
