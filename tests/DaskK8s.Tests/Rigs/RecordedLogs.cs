using System.Collections.Concurrent;
using System.Globalization;

using DaskK8s.Dask.Tasks;

using Microsoft.Extensions.Logging;

namespace DaskK8s.Tests.Rigs;

/// <summary>Keeps every log line of every level and category, with its structured values and its exception.</summary>
internal sealed class RecordedLogs : ILoggerFactory
{
    private readonly ConcurrentQueue<(string Category, LogLevel Level, int Id, string Text)> _lines = new();

    public IReadOnlyList<(string Category, LogLevel Level, int Id, string Text)> Lines => [.. _lines];

    public IEnumerable<string> Of(int eventId) => _lines.Where(l => l.Id == eventId).Select(l => l.Text);

    public ILogger CreateLogger(string categoryName) => new Recorder(_lines, categoryName);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    private sealed class Recorder(ConcurrentQueue<(string, LogLevel, int, string)> lines, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            lines.Enqueue((category, LogLevel.None, 0, state.ToString() ?? ""));
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            string values = state is IEnumerable<KeyValuePair<string, object?>> pairs
                ? string.Join(", ", pairs.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Key}={p.Value}")))
                : "";
            lines.Enqueue((category, logLevel, eventId.Id, $"{formatter(state, exception)} [{values}] {exception}"));
        }
    }
}
