using System.Runtime.CompilerServices;

using DaskK8s.Common;

using FluentAssertions;

using Xunit;

namespace DaskK8s.Tests.Common;

/// <summary>Disposing ends everything: calls as disposed, streams without an error; the caller's token stays the caller's.</summary>
public sealed class LifetimeTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly Lifetime _lifetime = new(typeof(LifetimeTests));

    [Fact]
    public async Task RunAsync_EndOfTheObject_ThrowsObjectDisposed()
    {
        Task<bool> call = _lifetime.RunAsync(NeverAsync, TestContext.Current.CancellationToken);

        _lifetime.TryEnd().Should().BeTrue();

        await call.Awaiting(c => c.WaitAsync(Limit)).Should().ThrowAsync<ObjectDisposedException>().WithMessage("*LifetimeTests*");
        _lifetime.TryEnd().Should().BeFalse();
        await _lifetime.Awaiting(static l => l.RunAsync(NeverAsync, default)).Should().ThrowAsync<ObjectDisposedException>();
    }

    [Fact]
    public async Task RunAsync_CallersToken_ThrowsWithThatToken()
    {
        using CancellationTokenSource caller = new();
        Task<bool> call = _lifetime.RunAsync(NeverAsync, caller.Token);

        await caller.CancelAsync();

        (await call.Awaiting(c => c.WaitAsync(Limit)).Should().ThrowAsync<OperationCanceledException>()).Which.CancellationToken.Should().Be(caller.Token);
    }

    [Fact]
    public async Task RunAsync_ErrorAfterTheEnd_IsNotBlamedOnOthers()
    {
        TaskCompletionSource<bool> breaks = new();
        Task<bool> call = _lifetime.RunAsync(_ => breaks.Task, TestContext.Current.CancellationToken);
        _lifetime.TryEnd();

        // What the Kubernetes client threw when it was disposed under a call.
        breaks.SetException(new NullReferenceException());

        await call.Awaiting(c => c.WaitAsync(Limit)).Should().ThrowAsync<ObjectDisposedException>();
    }

    [Fact]
    public async Task StreamAsync_EndOfTheObject_EndsTheStream()
    {
        IAsyncEnumerator<int> stream = _lifetime.StreamAsync(ct => OneThenNothingAsync(ct), CancellationToken.None).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await using ConfiguredAsyncDisposable disposal = stream.ConfigureAwait(false);
        (await stream.MoveNextAsync()).Should().BeTrue();
        Task<bool> next = stream.MoveNextAsync().AsTask();

        _lifetime.TryEnd();

        (await next.WaitAsync(Limit, TestContext.Current.CancellationToken)).Should().BeFalse();
    }

    [Fact]
    public async Task WaitAsync_WorkThatIgnoresItsToken_EndsAtTheLimitAndTellsWhich()
    {
        TaskCompletionSource<int> deaf = new();
        using TimeLimit limit = new(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);

        await limit.Awaiting(l => l.WaitAsync(deaf.Task).WaitAsync(Limit)).Should().ThrowAsync<OperationCanceledException>();

        limit.Passed.Should().BeTrue();
        limit.Ended.Should().BeFalse();
    }

    private static async Task<bool> NeverAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        return true;
    }

    private static async IAsyncEnumerable<int> OneThenNothingAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return 1;
        await NeverAsync(cancellationToken);
    }
}
