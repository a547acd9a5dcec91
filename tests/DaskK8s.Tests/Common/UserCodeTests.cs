using DaskK8s.Common;
using DaskK8s.Tests.Rigs;

using FluentAssertions;

using Microsoft.Extensions.Logging;

using Xunit;

namespace DaskK8s.Tests.Common;

/// <summary>User code harms only its own call: handlers, progress and loggers that throw.</summary>
public sealed class UserCodeTests
{
    private event EventHandler<string>? Told;

    [Fact]
    public void Handlers_OneThatThrows_OthersRunAndTheErrorIsLogged()
    {
        List<string> heard = [];
        Told += (_, said) => heard.Add(said);
        Told += (_, _) => throw new InvalidOperationException("the user's mistake");
        Told += (_, said) => heard.Add(said + " again");
        LogCollector log = new();

        UserCode.Raise(Told, this, "hello", log.CreateLogger("test"), "Test.Told");

        heard.Should().Equal("hello", "hello again");
        log.Lines.Should().ContainSingle().Which.Should().Contain("Test.Told");
    }

    [Fact]
    public async Task Progress_CallbackThatThrows_EndsTheCallWithItsError()
    {
        int calls = 0;
        using GuardedProgress<int> progress = new(new Callback(_ =>
        {
            calls++;
            throw new InvalidOperationException("the user's mistake");
        }));
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration registration = progress.Failed.Register(ended.SetResult);

        progress.Report(1);
        progress.Report(2);

        await ended.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        calls.Should().Be(1);
        progress.Invoking(static p => p.ThrowIfFailed()).Should().Throw<InvalidOperationException>().WithMessage("the user's mistake");
    }

    [Fact]
    public void Create_LoggersThatThrow_LogNothingAndHarmNobody()
    {
        using BrokenFactory factory = new();

        ILogger logger = GuardedLogger.Create(factory, "test");
        ILogger ofBrokenFactory = GuardedLogger.Create(new BrokenFactory { ThrowsAtOnce = true }, "test");

        logger.IsEnabled(LogLevel.Error).Should().BeFalse();
        logger.Invoking(static l => l.Log(LogLevel.Error, default, "x", null, static (s, _) => s)).Should().NotThrow();
        ofBrokenFactory.IsEnabled(LogLevel.Error).Should().BeFalse();
    }

    private sealed class Callback(Action<int> action) : IProgress<int>
    {
        public void Report(int value) => action(value);
    }

    private sealed class BrokenFactory : ILoggerFactory, ILogger
    {
        public bool ThrowsAtOnce { get; init; }

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName) => ThrowsAtOnce ? throw new InvalidOperationException("no logger") : this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => throw new InvalidOperationException("no scope");

        public bool IsEnabled(LogLevel logLevel) => throw new InvalidOperationException("no level");

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new InvalidOperationException("the disk is full");

        public void Dispose()
        {
        }
    }
}
