using System.Text.RegularExpressions;

namespace DaskK8s.Logs;

/// <summary>Determines the level of one pod's lines, and which of them continue the previous line.</summary>
internal sealed partial class LogsLevels
{
    /// <summary>The maximum time between two consecutive lines of one Python logging call.</summary>
    private static readonly TimeSpan OneCall = TimeSpan.FromMilliseconds(50);

    private string? _level;
    private DateTimeOffset _last;
    private State _state;

    private enum State
    {
        /// <summary>After a single line.</summary>
        Line,

        /// <summary>After "Traceback", and its indented lines.</summary>
        Traceback,

        /// <summary>After the line with the error, whose text can continue.</summary>
        Error,
    }

    public (string? Level, bool IsContinuation) Next(string text, DateTimeOffset time)
    {
        bool close = time - _last <= OneCall;
        _last = time;
        if (LevelOf(text) is { } level)
        {
            _level = level;
            _state = State.Line;
            return (level, false);
        }

        ReadOnlySpan<char> trimmed = text.AsSpan().TrimStart(" +|");
        if (trimmed.StartsWith("Traceback (most recent call last)") || trimmed.StartsWith("Exception Group Traceback"))
        {
            bool joins = _level is not null || _state != State.Line;
            _state = State.Traceback;
            _level ??= "ERROR";
            return (_level, joins);
        }

        switch (_state)
        {
            case State.Traceback:
                _state = text.Length > 0 && !char.IsWhiteSpace(text[0]) ? State.Error : State.Traceback;
                return (_level, true);
            case State.Error when close || IsBetweenTracebacks(text):
                return (_level, true);
            case State.Line when _level is not null && close && text.Length > 0 && char.IsWhiteSpace(text[0]):
                return (_level, true);
            default:
                _state = State.Line;
                _level = null;
                return (null, false);
        }
    }

    /// <summary>Returns the level of a line written by Dask's or Jupyter's logging, or null.</summary>
    internal static string? LevelOf(string text)
    {
        Match dask = DaskLine().Match(text);
        if (dask.Success)
        {
            return dask.Groups[1].Value;
        }

        return text is ['[', var letter and ('D' or 'I' or 'W' or 'E' or 'C'), ' ', >= '0' and <= '9', ..]
            ? letter switch { 'D' => "DEBUG", 'I' => "INFO", 'W' => "WARNING", 'E' => "ERROR", _ => "CRITICAL" }
            : null;
    }

    private static bool IsBetweenTracebacks(string text) =>
        text.Length == 0 || char.IsWhiteSpace(text[0])
        || text.StartsWith("During handling of the above exception", StringComparison.Ordinal)
        || text.StartsWith("The above exception was the direct cause", StringComparison.Ordinal);

    // distributed's log format, with a time from 2022.2 on and without before.
    [GeneratedRegex(@"^(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - )?[\w.-]{1,200} - (DEBUG|INFO|WARNING|ERROR|CRITICAL) - ", RegexOptions.CultureInvariant)]
    private static partial Regex DaskLine();
}
