using System.Net;
using System.Net.Sockets;

namespace DaskK8s.Sockets;

/// <summary>
/// The single thread on which tunnels and local sockets wait for each other. The kernel wakes it when a socket is ready, and
/// the waiting code continues on this thread.
/// </summary>
/// <remarks>
/// .NET's own asynchronous sockets pass each readiness event from a poller thread to the thread pool, whose threads then spin for more
/// work. A forward does little work per piece of data, so this would be the largest cost (docs/decisions/0001-tunnel-transport.md).
/// Only code that never blocks can continue here: the tunnel's own. All other code resumes on the thread pool.
/// </remarks>
#pragma warning disable CA1001 // There is one for the life of the process.
internal sealed class SocketLoop
#pragma warning restore CA1001
{
    private static readonly Lock s_starting = new();

    private static SocketLoop? s_shared;

    /// <summary>Microseconds; on platforms where the loop is less tested than on Linux, a lost wake-up costs at most a second.</summary>
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

    /// <summary>Gets the loop of this process; its thread starts on first use and costs nothing while idle.</summary>
    /// <remarks>A failed start (no file descriptors left, no loopback yet) is retried on the next use.</remarks>
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
    /// Closes a socket that has waits, on the loop's thread: it never waits on a socket that other code disposes, because
    /// the effect differs between operating systems. The waits end.
    /// </summary>
    /// <param name="socket">The socket; only its waits may still use it.</param>
    /// <returns>A task that completes when it is closed; its continuation does not run on the loop's thread.</returns>
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

    /// <summary>Starts watching for a wait's condition.</summary>
    /// <param name="wait">The wait; it must be the socket's only one for this direction.</param>
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

    /// <summary>Opens the socket that wakes the loop; a machine may have only one of the two loopback addresses.</summary>
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

    /// <summary>Determines whether a socket was disposed without the loop; its local address is read without a system call.</summary>
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

    /// <summary>Adds the new waits; waits without a socket end immediately.</summary>
    /// <returns>Whether a wait ended, so that there may be more to add.</returns>
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
