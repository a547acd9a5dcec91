using Microsoft.Extensions.Logging;

namespace DaskK8s.PowerShell;

/// <summary>Hands the library's log to whoever listens, in types that every load context shares.</summary>
/// <remarks>The cmdlets must not name a type of Microsoft.Extensions.Logging: another module may have loaded another version of it.</remarks>
public static class LogBridge
{
    /// <summary>Returns options that log to a listener.</summary>
    /// <param name="options">The options.</param>
    /// <param name="listener">Hears the level (0 Trace to 5 Critical) and the line; from any thread.</param>
    /// <returns>The options with a log.</returns>
    public static HelmClusterOptions WithLog(HelmClusterOptions options, Action<int, string> listener)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(listener);
        return options with { LoggerFactory = new Factory(listener) };
    }

    private sealed class Factory(Action<int, string> listener) : ILoggerFactory
    {
        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("The log goes to the cmdlets only.");

        public ILogger CreateLogger(string categoryName) => new Logger(listener);

        public void Dispose()
        {
        }
    }

    private sealed class Logger(Action<int, string> listener) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel is not LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            listener((int)logLevel, formatter(state, exception));
    }
}
