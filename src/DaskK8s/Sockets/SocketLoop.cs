using System.Net;
using System.Net.Sockets;

namespace DaskK8s.Sockets;

/// <summary>
/// The one thread on which tunnels and local sockets wait for each other. It is woken by the kernel when a socket is ready, and
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
    private static readonly Lock s_starting = new();

    private static SocketLoop? s_shared;

    /// <summary>Microseconds; where the loop has been run less than on Linux, a lost wake costs a second at most.</summary>
    private static readonly int s_longestSleep = OperatingSystem.IsLinux() ? -1 : 1_000_000;

    [ThreadStatic]
    private static bool s_isCurrent;

    private readonly Lock _gate = new();
    private readonly Socket _wake;
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
        _wake = OpenWake();
        new Thread(Run) { IsBackground = true, Name = "DaskK8s sockets" }.UnsafeStart();
    }

    /// <summary>Gets the loop of this process; its thread starts with the first use and costs nothing while nothing comes.</summary>
    /// <remarks>A start that fails (no file descriptor left, no loopback yet) is tried again by the next use.</remarks>
    public static SocketLoop Shared
    {
        get
        {
            if (Volatile.Read(ref s_shared) is { } running)
            {
                return running;
            }

            lock (s_starting)
            {
                return s_shared ??= new SocketLoop();
            }
        }
    }

    /// <summary>Gets whether the caller runs on the loop's thread.</summary>
    public static bool IsCurrent => s_isCurrent;

    /// <summary>Moves the caller to the loop's thread.</summary>
    /// <returns>A task whose continuation runs there.</returns>
    public static ValueTask SwitchAsync() => s_isCurrent ? ValueTask.CompletedTask : SocketWait.ForNothing().WaitAsync(inline: true);

    /// <summary>
    /// Closes a socket that waits were made for, on the loop's thread: it never waits on a socket that somebody else disposes, which
    /// means something else on each system. The waits end.
    /// </summary>
    /// <param name="socket">The socket; nobody uses it any more, but those who wait for it.</param>
    /// <returns>A task that ends when it is closed; its continuation does not run on the loop's thread.</returns>
    public static Task CloseAsync(Socket socket)
    {
        if (s_isCurrent)
        {
            Shared.DisposeOnLoop(socket);
            return Task.CompletedTask;
        }

        TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = CloseLaterAsync(socket, closed);
        return closed.Task;
    }

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

    /// <summary>Opens the socket that wakes the loop; a machine may have one of the two loopbacks only.</summary>
    private static Socket OpenWake()
    {
        try
        {
            return OpenWake(IPAddress.Loopback);
        }
        catch (SocketException) when (Socket.OSSupportsIPv6)
        {
            return OpenWake(IPAddress.IPv6Loopback);
        }
    }

    private static Socket OpenWake(IPAddress loopback)
    {
        Socket wake = new(loopback.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            wake.Bind(new IPEndPoint(loopback, 0));
            wake.Connect(wake.LocalEndPoint!);
            wake.Blocking = false;
            return wake;
        }
        catch
        {
            wake.Dispose();
            throw;
        }
    }

    private static async Task CloseLaterAsync(Socket socket, TaskCompletionSource closed)
    {
        try
        {
            await SwitchAsync().ConfigureAwait(false);
            Shared.DisposeOnLoop(socket);
        }
        catch (SocketException)
        {
            // There is no loop, so nothing waits.
            socket.Dispose();
        }

        closed.SetResult();
    }

    /// <summary>Determines whether a socket was disposed by somebody who did not ask the loop; its local address is known without asking the system.</summary>
    private static bool IsDisposed(Socket socket)
    {
        try
        {
            return socket.LocalEndPoint is null;
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            return true;
        }
    }

    private void DisposeOnLoop(Socket socket)
    {
        _readers.Remove(socket, out SocketWait? reader);
        _writers.Remove(socket, out SocketWait? writer);
        socket.Dispose();
        reader?.Complete();
        writer?.Complete();
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
                Socket.Select(_readable, _writable.Count == 0 ? null : _writable, null, ready ? 0 : s_longestSleep);
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
            if (wait.Socket is null || IsDisposed(wait.Socket))
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
