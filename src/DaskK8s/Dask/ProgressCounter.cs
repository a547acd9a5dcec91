using System.Text.RegularExpressions;
using System.Threading.Channels;

using DaskK8s.Dask.Tasks;

namespace DaskK8s.Dask;

/// <summary>Counts tasks by function and notifies one reader when the counts change.</summary>
internal sealed partial class ProgressCounter : ITaskWaiter
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int[]> _counts = new(StringComparer.Ordinal);
    private readonly Dictionary<TaskEntry, int[]> _rows = [];
    private readonly Channel<bool> _changed = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public ProgressCounter(IEnumerable<TaskEntry> tasks)
    {
        foreach (TaskEntry task in tasks)
        {
            string function = FunctionOf(task.Key);
            if (!_counts.TryGetValue(function, out int[]? row))
            {
                _counts.Add(function, row = new int[Enum.GetValues<DaskFutureStatus>().Length]);
            }

            if (_rows.TryAdd(task, row))
            {
                row[(int)DaskFutureStatus.Pending]++;
            }
        }
    }

    /// <summary>Gets the tasks, without duplicates.</summary>
    public IReadOnlyCollection<TaskEntry> Tasks => _rows.Keys;

    public void Changed(TaskEntry task, DaskFutureStatus before, DaskFutureStatus after)
    {
        lock (_lock)
        {
            int[] row = _rows[task];
            row[(int)before]--;
            row[(int)after]++;
        }

        _changed.Writer.TryWrite(true);
    }

    /// <summary>Returns the current counts, in the order in which the functions were first seen.</summary>
    public IReadOnlyList<DaskFunctionProgress> Read()
    {
        lock (_lock)
        {
            return [.. _counts.Select(static c => new DaskFunctionProgress(
                c.Key,
                new DaskProgress(
                    c.Value.Sum(),
                    c.Value[(int)DaskFutureStatus.Finished],
                    c.Value[(int)DaskFutureStatus.Failed] + c.Value[(int)DaskFutureStatus.Cancelled] + c.Value[(int)DaskFutureStatus.Lost]),
                c.Value[(int)DaskFutureStatus.NoWorker]))];
        }
    }

    /// <summary>Waits for the next change.</summary>
    public async Task<bool> WaitAsync(CancellationToken cancellationToken) => await _changed.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);

    private static string FunctionOf(string key) => Unique().Match(key) is { Success: true, Index: > 0 } match ? key[..match.Index] : key;

    [GeneratedRegex("-[0-9a-f]{32}(-[0-9]+)?$")]
    private static partial Regex Unique();
}
