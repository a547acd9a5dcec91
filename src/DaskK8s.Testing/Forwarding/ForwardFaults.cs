using DaskK8s.Testing.Storage;
using Microsoft.AspNetCore.Http;

namespace DaskK8s.Testing.Forwarding;

/// <summary>Tracks the open port-forwards, so that a test can cut them.</summary>
internal sealed class ForwardFaults
{
    private readonly Lock _gate = new();
    private readonly List<(CancellationTokenSource End, HttpContext Context, StoredObject Pod)> _open = [];

    /// <summary>Gets or sets a value indicating whether the next cut sends an incomplete frame first.</summary>
    public bool MidFrame { get; set; }

    /// <summary>Gets or sets the number of bytes sent to the client before a forward is cut; negative for no limit.</summary>
    public long CutAfter { get; set; } = -1;

    public IDisposable Enter(CancellationTokenSource end, HttpContext context, StoredObject pod)
    {
        (CancellationTokenSource, HttpContext, StoredObject) entry = (end, context, pod);
        lock (_gate)
        {
            _open.Add(entry);
        }

        return new Leaving(this, entry);
    }

    /// <summary>Resets the connections of all open forwards.</summary>
    public int Cut(bool midFrame)
    {
        lock (_gate)
        {
            MidFrame = midFrame;
            foreach ((CancellationTokenSource end, HttpContext context, _) in _open)
            {
                if (midFrame)
                {
                    end.Cancel();
                }
                else
                {
                    context.Abort();
                    end.Cancel();
                }
            }

            return _open.Count;
        }
    }

    public void PodGone(string uid)
    {
        lock (_gate)
        {
            foreach ((CancellationTokenSource end, _, _) in _open.Where(open => open.Pod.Uid == uid))
            {
                end.Cancel();
            }
        }
    }

    private sealed class Leaving(ForwardFaults faults, (CancellationTokenSource End, HttpContext Context, StoredObject Pod) entry) : IDisposable
    {
        public void Dispose()
        {
            lock (faults._gate)
            {
                faults._open.Remove(entry);
            }
        }
    }
}
