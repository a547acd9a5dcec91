using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace DaskK8s.Sockets;

/// <summary>A reusable wait until a socket is readable or writable without blocking, or closed.</summary>
internal sealed class SocketWait : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _core;

    /// <summary>Creates the wait for one direction of a socket; nothing is watched before <see cref="WaitAsync"/>.</summary>
    /// <param name="socket">The socket, which must be non-blocking.</param>
    /// <param name="forWriting">True for writing, false for reading.</param>
    public SocketWait(Socket socket, bool forWriting)
    {
        Socket = socket;
        ForWriting = forWriting;
    }

    private SocketWait()
    {
    }

    /// <summary>Gets the socket; null for a wait that ends in the loop's next iteration.</summary>
    internal Socket? Socket { get; }

    internal bool ForWriting { get; }

    /// <summary>Creates a wait that ends in the loop's next iteration.</summary>
    /// <returns>The wait.</returns>
    public static SocketWait ForNothing() => new();

    /// <summary>Waits; only one call at a time, which must be awaited immediately.</summary>
    /// <param name="inline">Whether the caller continues on the loop's thread, where it must not block.</param>
    /// <returns>A task that completes when the operation should be tried.</returns>
    public ValueTask WaitAsync(bool inline)
    {
        _core.Reset();
        _core.RunContinuationsAsynchronously = !inline;
        return new ValueTask(this, _core.Version);
    }

    internal void Complete() => _core.SetResult(true);

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        // Watched only now: a wait that ended before its continuation is known would go on on the caller's thread.
        _core.OnCompleted(continuation, state, token, flags);
        SocketLoop.Shared.Add(this);
    }
}
