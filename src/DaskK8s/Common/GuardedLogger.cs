using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DaskK8s.Common;

/// <summary>A wrapper around a user's logger that ignores its exceptions: a full disk behind a log must not fail a call.</summary>
internal sealed class GuardedLogger(ILogger inner) : ILogger
{
    /// <summary>Creates the logger for a category; without a factory it logs nothing.</summary>
    /// <param name="factory">The user's factory, or null.</param>
    /// <param name="category">The category: <c>DaskK8s.KubeApi</c>.</param>
    /// <returns>The logger.</returns>
    public static ILogger Create(ILoggerFactory? factory, string category)
    {
        if (factory is null or NullLoggerFactory)
        {
            return NullLogger.Instance;
        }

        try
        {
            return new GuardedLogger(factory.CreateLogger(category));
        }
#pragma warning disable CA1031 // User code may throw anything.
        catch (Exception)
#pragma warning restore CA1031
        {
            return NullLogger.Instance;
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel)
    {
        try
        {
            return inner.IsEnabled(logLevel);
        }
#pragma warning disable CA1031 // User code may throw anything.
        catch (Exception)
#pragma warning restore CA1031
        {
            return false;
        }
    }

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            inner.Log(logLevel, eventId, state, exception, formatter);
        }
#pragma warning disable CA1031 // User code may throw anything, and there is nobody left to tell.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }
}
