using System.Runtime.InteropServices;
using System.Text;

namespace DaskK8s.Dask.Tasks;

/// <summary>The tasks of a session by key.</summary>
internal sealed class TaskTable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, TaskEntry> _entries = [];

    /// <summary>Adds a reference to the entry of a key; returns the entry and whether it is new.</summary>
    public (TaskEntry Entry, bool IsNew) Acquire(TaskCall call, TaskOptions options, IReadOnlyList<string>? workers)
    {
        lock (_lock)
        {
            ref TaskEntry? entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, call.Key, out bool known);
            if (!known || entry!.Final)
            {
                // A key whose task is over without a result may be submitted anew.
                entry = new TaskEntry(call.Key, options) { Needs = call.Needs, Workers = workers };
                known = false;
            }

            entry.References++;
            return (entry, !known);
        }
    }

    /// <summary>Adds a reference to a task.</summary>
    /// <returns>Whether somebody holds it still.</returns>
    public bool Retain(TaskEntry entry)
    {
        lock (_lock)
        {
            entry.References += entry.References > 0 ? 1 : 0;
            return entry.References > 0;
        }
    }

    /// <summary>Removes one reference.</summary>
    /// <returns>Whether it was the last one, so that the scheduler can release the key.</returns>
    public bool Release(TaskEntry entry)
    {
        lock (_lock)
        {
            if (--entry.References > 0)
            {
                return false;
            }

            if (_entries.TryGetValue(entry.Key, out TaskEntry? present) && ReferenceEquals(present, entry))
            {
                _entries.Remove(entry.Key);
                return true;
            }

            return false;
        }
    }

    /// <summary>Finds the entry of a key in UTF-8.</summary>
    public TaskEntry? Find(ReadOnlySpan<byte> key)
    {
        Span<char> chars = stackalloc char[256];
        if (key.Length > chars.Length)
        {
            return Find(Encoding.UTF8.GetString(key));
        }

        chars = chars[..Encoding.UTF8.GetChars(key, chars)];
        lock (_lock)
        {
            return _entries.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(chars, out TaskEntry? entry) ? entry : null;
        }
    }

    /// <summary>Finds the entry of a key.</summary>
    public TaskEntry? Find(string key)
    {
        lock (_lock)
        {
            return _entries.GetValueOrDefault(key);
        }
    }

    /// <summary>Returns all current entries.</summary>
    public TaskEntry[] Snapshot()
    {
        lock (_lock)
        {
            return [.. _entries.Values];
        }
    }
}
