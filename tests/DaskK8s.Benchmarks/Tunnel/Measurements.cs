using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace DaskK8s.Benchmarks.Tunnel;

/// <summary>Measures one way to the data pod, whatever it is made of.</summary>
internal static class Measurements
{
    /// <summary>How many milliseconds one call on a socket may take.</summary>
    private const int CallLimit = 60_000;

    /// <summary>Downloads through some connections at once.</summary>
    /// <returns>Bytes per second over all of them.</returns>
    public static async Task<double> DownloadAsync(IPEndPoint way, long bytes, int connections = 1)
    {
        Socket[] sockets = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => ConnectAsync(way)));
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(sockets.Select(s => Task.Run(() => Download(s, bytes))));
        return bytes * connections / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Uploads, up to the pod's word that all of it arrived.</summary>
    /// <returns>Bytes per second.</returns>
    public static async Task<double> UploadAsync(IPEndPoint way, long bytes)
    {
        using Socket socket = await ConnectAsync(way);
        return await Task.Run(() =>
        {
            byte[] buffer = new byte[256 * 1024];
            long start = Stopwatch.GetTimestamp();
            Ask(socket, 'u', bytes);
            for (long left = bytes; left > 0;)
            {
                left -= socket.Send(buffer.AsSpan(0, (int)Math.Min(left, buffer.Length)));
            }

            Expect(socket.Receive(buffer.AsSpan(0, 1)) == 1);
            return bytes / Stopwatch.GetElapsedTime(start).TotalSeconds;
        });
    }

    /// <summary>Sends a byte and waits for it, again and again on one connection.</summary>
    /// <returns>Milliseconds of each.</returns>
    public static async Task<double[]> RoundTripsAsync(IPEndPoint way, int count)
    {
        using Socket socket = await ConnectAsync(way);
        return await Task.Run(() =>
        {
            byte[] one = new byte[1];
            Ask(socket, 'e', 0);
            double[] times = new double[count];
            for (int i = -50; i < count; i++)
            {
                long start = Stopwatch.GetTimestamp();
                socket.Send(one);
                Expect(socket.Receive(one) == 1);
                if (i >= 0)
                {
                    times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                }
            }

            return times;
        });
    }

    /// <summary>Opens connections one after the other, each up to its first byte.</summary>
    /// <returns>Milliseconds of each.</returns>
    public static async Task<double[]> ConnectsAsync(IPEndPoint way, int count)
    {
        double[] times = new double[count];
        await Task.Run(() =>
        {
            byte[] one = new byte[1];
            for (int i = -5; i < count; i++)
            {
                using Socket socket = NewSocket();
                long start = Stopwatch.GetTimestamp();
                socket.Connect(way);
                Ask(socket, 'd', 1);
                Expect(socket.Receive(one) == 1);
                if (i >= 0)
                {
                    times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                }
            }
        });
        return times;
    }

    /// <summary>Downloads and reads slowly.</summary>
    /// <param name="way">The way.</param>
    /// <param name="bytes">How many bytes.</param>
    /// <param name="bytesPerSecond">The reader's speed.</param>
    /// <param name="watch">Called now and then.</param>
    /// <returns>A task that ends with the download.</returns>
    public static async Task DownloadSlowlyAsync(IPEndPoint way, long bytes, double bytesPerSecond, Action watch)
    {
        using Socket socket = await ConnectAsync(way);
        await Task.Run(() =>
        {
            byte[] buffer = new byte[64 * 1024];
            Ask(socket, 'd', bytes);
            long start = Stopwatch.GetTimestamp();
            long got = 0;
            for (int i = 0; got < bytes; i++)
            {
                int count = socket.Receive(buffer);
                Expect(count > 0);
                got += count;
                if (i % 100 == 0)
                {
                    watch();
                }

                double ahead = (got / bytesPerSecond) - Stopwatch.GetElapsedTime(start).TotalSeconds;
                if (ahead > 0.005)
                {
                    Thread.Sleep(TimeSpan.FromSeconds(ahead));
                }
            }
        });
    }

    private static void Download(Socket socket, long bytes)
    {
        using (socket)
        {
            byte[] buffer = new byte[256 * 1024];
            Ask(socket, 'd', bytes);
            for (long left = bytes; left > 0;)
            {
                int count = socket.Receive(buffer);
                Expect(count > 0);
                left -= count;
            }
        }
    }

    /// <summary>
    /// Connects with a call that blocks: .NET's calls on a socket that was awaited once go through its poller thread, and the
    /// measuring program would take processor time from what it measures.
    /// </summary>
    private static Task<Socket> ConnectAsync(IPEndPoint way) => Task.Run(() =>
    {
        Socket socket = NewSocket();
        socket.Connect(way);
        return socket;
    });

    /// <summary>Creates a socket whose calls end when a forward hangs.</summary>
    private static Socket NewSocket() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
    {
        NoDelay = true,
        ReceiveTimeout = CallLimit,
        SendTimeout = CallLimit,
    };

    private static void Ask(Socket socket, char kind, long count)
    {
        byte[] request = new byte[9];
        request[0] = (byte)kind;
        BinaryPrimitives.WriteInt64LittleEndian(request.AsSpan(1), count);
        socket.Send(request);
    }

    private static void Expect(bool condition)
    {
        if (!condition)
        {
            throw new IOException("The connection to the data pod ended too early.");
        }
    }
}
