namespace DaskK8s;

/// <summary>A line of the in-memory log of a scheduler or worker.</summary>
/// <param name="Level">The Python name of the level: <c>INFO</c>, <c>WARNING</c>, …</param>
/// <param name="Message">The line.</param>
public readonly record struct DaskLogEntry(string Level, string Message);
