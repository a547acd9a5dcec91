namespace DaskK8s.Logs;

/// <summary>A line of a log stream.</summary>
/// <param name="Time">The kubelet's time, or null for a line without one (a message of the kubelet's own).</param>
/// <param name="Text">The line without it.</param>
internal readonly record struct LogsRawLine(DateTimeOffset? Time, string Text);
