using System.Net;
using System.Net.Sockets;

namespace DaskK8s.Sockets;

/// <summary>
/// Is the one thread on which tunnels and local sockets wait for each other. It is woken by the kernel when a socket is ready, and
/// what waited for that goes on right there.
/// </summary>
/// <remarks>
/// .NET's own asynchronous sockets hand every readiness from a poller thread to the thread pool, whose threads then look for more
/// work for a while. A forward does little with each piece of data, so that costs more than the rest together (docs/decisions/0001-tunnel-transport.md).
/// Only code that never blocks may go on here: the tunnel's own. Everything else is resumed on the thread pool.
/// </remarks>
#pragma warning disable CA1001 // There is one for the life of the process.
internal sealed class SocketLoop
#pragma warning restore CA1001
{
    private static readonly Lazy<SocketLoop> s_shared = new(() => new SocketLoop());

    [ThreadStatic]
    private static bool s_isCurrent;

    private readonly Lock _gate = new();
    private readonly Socket _wake = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Dictionary<Socket, SocketWait> _readers = [];
    private readonly Dictionary<Socket, SocketWait> _writers = [];
    private readonly List<Socket> _readable = [];
    private readonly List<Socket> _writable = [];
    private List<SocketWait> _coming = [];
    private List<SocketWait> _taken = [];
    private bool _sleeping;

    private SocketLoop()
    {
        // A datagram to itself is what ends the loop's sleep: the only kind of socket that needs no listener and no second end.
        _wake.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _wake.Connect(_wake.LocalEndPoint!);
        _wake.Blocking = false;
        new Thread(Run) { IsBackground = true, Name = "DaskK8s sockets" }.UnsafeStart();
    }

    /// <summary>Gets the loop of this process; its thread starts with the first use and costs nothing while nothing comes.</summary>
    public static SocketLoop Shared => s_shared.Value;

    /// <summary>Gets whether the caller runs on the loop's thread.</summary>
    public static bool IsCurrent => s_isCurrent;

    /// <summary>Moves the caller to the loop's thread.</summary>
    /// <returns>A task whose continuation runs there.</returns>
    public static ValueTask SwitchAsync() => s_isCurrent ? ValueTask.CompletedTask : SocketWait.ForNothing().WaitAsync(inline: true);

    /// <summary>Watches for a wait's condition.</summary>
    /// <param name="wait">The wait; its socket has no other for the same direction.</param>
    internal void Add(SocketWait wait)
    {
        bool wake;
        lock (_gate)
        {
            _coming.Add(wait);
            wake = _sleeping && !s_isCurrent;
            _sleeping &= !wake;
        }

        if (wake)
        {
            _wake.Send([0], SocketFlags.None, out _);
        }
    }

    private void Run()
    {
        s_isCurrent = true;
        while (true)
        {
            bool ready = TakeComing();
            _readable.Clear();
            _writable.Clear();
            _readable.Add(_wake);
            _readable.AddRange(_readers.Keys);
            _writable.AddRange(_writers.Keys);
            try
            {
                Socket.Select(_readable, _writable.Count == 0 ? null : _writable, null, ready ? 0 : -1);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // A socket was closed under the loop. Everybody tries again, and whose it was finds that out.
                End(_readers);
                End(_writers);
                continue;
            }

            lock (_gate)
            {
                _sleeping = false;
            }

            foreach (Socket socket in _readable)
            {
                if (socket == _wake)
                {
                    Drain();
                }
                else if (_readers.Remove(socket, out SocketWait? wait))
                {
                    wait.Complete();
                }
            }

            foreach (Socket socket in _writable)
            {
                if (_writers.Remove(socket, out SocketWait? wait))
                {
                    wait.Complete();
                }
            }
        }
    }

    /// <summary>Takes over the new waits; those for nothing end at once.</summary>
    /// <returns>Whether something ended, so that there may be more to take.</returns>
    private bool TakeComing()
    {
        lock (_gate)
        {
            (_coming, _taken) = (_taken, _coming);
            _sleeping = true;
        }

        bool ended = false;
        foreach (SocketWait wait in _taken)
        {
            if (wait.Socket is null)
            {
                ended = true;
                wait.Complete();
            }
            else
            {
                (wait.ForWriting ? _writers : _readers)[wait.Socket] = wait;
            }
        }

        _taken.Clear();
        return ended;
    }

    private static void End(Dictionary<Socket, SocketWait> waits)
    {
        SocketWait[] all = [.. waits.Values];
        waits.Clear();
        foreach (SocketWait wait in all)
        {
            wait.Complete();
        }
    }

    private void Drain()
    {
        Span<byte> buffer = stackalloc byte[16];
        SocketError error = SocketError.Success;
        while (error == SocketError.Success)
        {
            _wake.Receive(buffer, SocketFlags.None, out error);
        }
    }
}
