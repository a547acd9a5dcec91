namespace DaskK8s;

/// <summary>A line of the log that a scheduler or a worker keeps in its memory.</summary>
/// <param name="Level">Python's name of the level: <c>INFO</c>, <c>WARNING</c>, …</param>
/// <param name="Message">The line.</param>
public readonly record struct DaskLogEntry(string Level, string Message);
