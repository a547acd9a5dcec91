using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace DaskK8s;

/// <summary>Holds the logs of a release's pods by pod name, as <see cref="HelmCluster.GetLogsAsync"/> reads them: the scheduler's first, the workers' by group.</summary>
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

    /// <summary>Determines whether there is a pod of a name.</summary>
    /// <param name="key">The pod's name.</param>
    /// <returns>True where there is.</returns>
    public bool ContainsKey(string key) => _logs.ContainsKey(key);

    /// <summary>Returns a pod's log where there is one.</summary>
    /// <param name="key">The pod's name.</param>
    /// <param name="value">The log.</param>
    /// <returns>False where there is no such pod.</returns>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out string value) => _logs.TryGetValue(key, out value);

    /// <summary>Goes through pods and logs, in their order.</summary>
    /// <returns>The enumerator.</returns>
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => _logs.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Returns all logs, each below its pod's name.</summary>
    /// <returns>The text.</returns>
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
