namespace DaskK8s.Logs;

/// <summary>A line of a log stream.</summary>
/// <param name="Time">The kubelet's time stamp, or null for a line without one (a message from the kubelet itself).</param>
/// <param name="Text">The line without the time stamp.</param>
internal readonly record struct LogsRawLine(DateTimeOffset? Time, string Text);
