using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace DaskK8s;

/// <summary>The logs that <see cref="HelmCluster.GetLogsAsync"/> returns, by pod name: the scheduler's first, then the workers' by group.</summary>
public sealed class PodLogs : IReadOnlyDictionary<string, string>
{
    private readonly OrderedDictionary<string, string> _logs;

    internal PodLogs(OrderedDictionary<string, string> logs) => _logs = logs;

    /// <summary>Gets the number of pods.</summary>
    public int Count => _logs.Count;

    /// <summary>Gets the names of the pods.</summary>
    public IEnumerable<string> Keys => _logs.Keys;

    /// <summary>Gets the logs, in the order of the pods.</summary>
    public IEnumerable<string> Values => _logs.Values;

    /// <summary>Gets a pod's log.</summary>
    /// <param name="key">The pod's name.</param>
    public string this[string key] => _logs[key];

    /// <summary>Determines whether there is a log of a pod with the name.</summary>
    /// <param name="key">The pod's name.</param>
    /// <returns>True if there is.</returns>
    public bool ContainsKey(string key) => _logs.ContainsKey(key);

    /// <summary>Gets a pod's log if there is one.</summary>
    /// <param name="key">The pod's name.</param>
    /// <param name="value">The log.</param>
    /// <returns>False if there is no such pod.</returns>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out string value) => _logs.TryGetValue(key, out value);

    /// <summary>Returns an enumerator over pods and logs, in order.</summary>
    /// <returns>The enumerator.</returns>
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => _logs.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Returns all logs, each below its pod's name.</summary>
    /// <returns>The string.</returns>
    public override string ToString()
    {
        StringBuilder text = new();
        foreach ((string pod, string log) in _logs)
        {
            text.Append("==> ").Append(pod).Append(" <==\n").Append(log).Append(log.EndsWith('\n') ? "" : "\n");
        }

        return text.ToString();
    }
}
