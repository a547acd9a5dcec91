using System.Net;
using System.Net.Sockets;

using DaskK8s.Sockets;

namespace DaskK8s.Kubernetes.Transport;

/// <summary>
/// Opens TCP connections as Go does: if a name has several addresses, the next is tried shortly after the previous one
/// (RFC 8305), so that a network with broken IPv6 costs only a moment instead of the whole time limit.
/// </summary>
internal static class KubeConfigSocket
{
    private const int KeepAliveSeconds = 30;
    private const int ProbeSeconds = 15;
    private static readonly TimeSpan Stagger = TimeSpan.FromMilliseconds(250);

    /// <summary>Opens a connection.</summary>
    /// <param name="endPoint">The target.</param>
    /// <param name="forUpgrade">Whether it is for a tunnel, which blocks its own thread to wait for data.</param>
    /// <param name="cancellationToken">Cancels the attempts.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="SocketException">No address responds, or the name has none.</exception>
    public static async Task<Stream> OpenAsync(DnsEndPoint endPoint, bool forUpgrade, CancellationToken cancellationToken)
    {
        IPAddress[] addresses = IPAddress.TryParse(endPoint.Host, out IPAddress? address)
            ? [address]
            : await Dns.GetHostAddressesAsync(endPoint.Host, cancellationToken).ConfigureAwait(false);
        Socket socket = addresses.Length == 1
            ? await ConnectAsync(addresses[0], endPoint.Port, forUpgrade, cancellationToken).ConfigureAwait(false)
            : await RaceAsync(Interleave(addresses), endPoint.Port, forUpgrade, cancellationToken).ConfigureAwait(false);
        return forUpgrade ? new WireStream(socket) : new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Alternates the address families, starting with the system's preferred one.</summary>
    /// <param name="addresses">The addresses in the system's order.</param>
    /// <returns>The same addresses, reordered.</returns>
    internal static List<IPAddress> Interleave(IPAddress[] addresses)
    {
        Queue<IPAddress> preferred = new(addresses.Where(address => address.AddressFamily == addresses[0].AddressFamily));
        Queue<IPAddress> others = new(addresses.Where(address => address.AddressFamily != addresses[0].AddressFamily));
        List<IPAddress> order = [];
        while (preferred.Count + others.Count > 0)
        {
            order.AddRange(preferred.TryDequeue(out IPAddress? one) ? [one] : []);
            order.AddRange(others.TryDequeue(out IPAddress? other) ? [other] : []);
        }

        return order;
    }

    /// <summary>Connects to the first address that responds.</summary>
    /// <param name="addresses">The addresses, in order of preference.</param>
    /// <param name="port">The port.</param>
    /// <param name="forUpgrade">Whether it is for a tunnel.</param>
    /// <param name="cancellationToken">Cancels the attempts.</param>
    /// <returns>The connected socket; the others are closed.</returns>
    internal static async Task<Socket> RaceAsync(IReadOnlyList<IPAddress> addresses, int port, bool forUpgrade, CancellationToken cancellationToken)
    {
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Task<Socket>> running = [];
        Exception? first = null;
        try
        {
            for (int next = 0; next < addresses.Count || running.Count > 0;)
            {
                Task pause = Task.Delay(Timeout.InfiniteTimeSpan, over.Token);
                if (next < addresses.Count)
                {
                    running.Add(ConnectAsync(addresses[next++], port, forUpgrade, over.Token));
                    pause = next < addresses.Count ? Task.Delay(Stagger, over.Token) : pause;
                }

                Task ended = await Task.WhenAny([.. running, pause]).ConfigureAwait(false);
                if (ended is Task<Socket> attempt)
                {
                    running.Remove(attempt);
                    if (attempt.IsCompletedSuccessfully)
                    {
                        return await attempt.ConfigureAwait(false);
                    }

                    first ??= attempt.Exception?.InnerException;
                }

                cancellationToken.ThrowIfCancellationRequested();
            }

            throw first ?? new SocketException((int)SocketError.HostNotFound);
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
            foreach (Task<Socket> late in running)
            {
                _ = late.ContinueWith(
                    task => (task.IsCompletedSuccessfully ? task.Result : null)?.Dispose(), TaskScheduler.Default);
            }
        }
    }

    private static async Task<Socket> ConnectAsync(IPAddress address, int port, bool forUpgrade, CancellationToken cancellationToken)
    {
        Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            // Upgraded connections have no HTTP/2 pings; a peer that vanished is noticed this way.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, ProbeSeconds);
            if (forUpgrade)
            {
                await ConnectApartAsync(socket, address, port, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await socket.ConnectAsync(address, port, cancellationToken).ConfigureAwait(false);
            }

            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Connects on a blocking thread: once a socket has been awaited, .NET's poller watches it for the rest of its life, and
    /// then wakes two threads for each piece of incoming data.
    /// </summary>
    private static async Task ConnectApartAsync(Socket socket, IPAddress address, int port, CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration giveUp = cancellationToken.UnsafeRegister(static socket => ((Socket)socket!).Dispose(), socket);
        try
        {
            await Task.Factory
                .StartNew(() => socket.Connect(address, port), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)
                .ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(null, e, cancellationToken);
        }
    }
}
