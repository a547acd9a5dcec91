namespace DaskK8s.Testing.Processes;

/// <summary>The output of one run of a container, line by line.</summary>
internal sealed class LogBuffer(TimeProvider time)
{
    private const int Limit = 100_000;

    private readonly Lock _gate = new();
    private readonly List<(DateTimeOffset Time, string Line)> _lines = [];
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _dropped;
    private bool _ended;

    public void Add(string line)
    {
        lock (_gate)
        {
            if (_lines.Count == Limit)
            {
                _lines.RemoveAt(0);
                _dropped++;
            }

            _lines.Add((time.GetUtcNow(), line));
            Wake();
        }
    }

    public void End()
    {
        lock (_gate)
        {
            _ended = true;
            Wake();
        }
    }

    /// <summary>Returns the lines from a position on, the next position, and a task that completes when there are more (null at the end).</summary>
    public (IReadOnlyList<(DateTimeOffset Time, string Line)> Lines, int Next, Task? More) Read(int from)
    {
        lock (_gate)
        {
            int start = Math.Max(0, from - _dropped);
            return ([.. _lines.Skip(start)], _dropped + _lines.Count, _ended ? null : _more.Task);
        }
    }

    private void Wake()
    {
        _more.TrySetResult();
        _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
