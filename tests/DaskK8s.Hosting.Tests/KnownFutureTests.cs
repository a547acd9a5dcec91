using Microsoft.AspNetCore.Http.HttpResults;

using WebApi;

namespace DaskK8s.Hosting.Tests;

/// <summary>Makes futures without a cluster, for unit tests of code that uses one.</summary>
public sealed class KnownFutureTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<Exception, DaskFutureStatus> Failures => new()
    {
        { new DaskTaskException("k", "m", "ValueError", "v", ""), DaskFutureStatus.Failed },
        { new DaskNoWorkerException("k", "m", new Dictionary<string, double>()), DaskFutureStatus.NoWorker },
        { new DaskTaskLostException("k", DaskFutureStatus.Lost, "r"), DaskFutureStatus.Lost },
        { new DaskTaskLostException("k", DaskFutureStatus.Cancelled, "r"), DaskFutureStatus.Cancelled },
        { new OperationCanceledException(), DaskFutureStatus.Cancelled },
        { new TimeoutException(), DaskFutureStatus.Failed },
        { new SchedulerUnreachableException("tcp://a:1", "m"), DaskFutureStatus.Failed },
    };

    [Fact]
    public async Task FromResult_Value_IsItsResult()
    {
        using DaskFuture<int> future = DaskFuture.FromResult(7);
        using DaskFuture<string?> named = DaskFuture.FromResult<string?>(null, "mean-1");

        (future.Status, await future.WaitAsync(Token), await future.ResultAsync(TimeSpan.Zero, Token)).Should().Be((DaskFutureStatus.Finished, DaskFutureStatus.Finished, 7));
        (named.Key, await named.ResultAsync(cancellationToken: Token)).Should().Be(("mean-1", null));
        DaskFuture.FromResult(1).Key.Should().NotBe(DaskFuture.FromResult(1).Key);
        await future.CancelAsync(Token);
        future.Status.Should().Be(DaskFutureStatus.Finished);
    }

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public async Task FromException_Error_IsThrownAndHasItsStatus(Exception error, DaskFutureStatus status)
    {
        using DaskFuture<int> future = DaskFuture.FromException<int>(error);

        (future.Status, await future.WaitAsync(Token)).Should().Be((status, status));
        (await FluentActions.Awaiting(() => future.ResultAsync(cancellationToken: Token)).Should().ThrowAsync<Exception>()).Which.Should().BeSameAs(error);
        if (error is DaskTaskException or DaskNoWorkerException or DaskTaskLostException)
        {
            future.Key.Should().Be("k");
        }
    }

    // snippet: fake-client
    [Fact]
    public async Task Squares_TaskFails_PassesTheErrorOn()
    {
        FakeDask dask = new((function, arguments) => new DaskTaskException("square-1", "It failed.", "OverflowError", "too large", ""));

        DaskTaskException e = await Assert.ThrowsAsync<DaskTaskException>(() => Squares.ComputeAsync(12, dask, CancellationToken.None));

        Assert.Equal("OverflowError", e.PythonType);
    }

    [Fact]
    public async Task Squares_TaskEnds_GivesItsResult()
    {
        FakeDask dask = new((function, arguments) => function.Name == "square" ? 144L : null);

        Ok<long> answer = await Squares.ComputeAsync(12, dask, CancellationToken.None);

        Assert.Equal(144, answer.Value);
    }
    // end snippet

    [Fact]
    public async Task Fake_OfTheClient_ServesAUnitTest()
    {
        FakeDask dask = new(static (function, arguments) => function.Name == "square" ? (long)arguments[0]! * (long)arguments[0]! : new TimeoutException());

        using DaskFuture<long> square = await dask.SubmitAsync<long>(PythonFunction.FromSource("def square(x): ...", "square"), [12L], cancellationToken: Token);
        using DaskFutureList<long> squares = await dask.MapAsync<long>(PythonFunction.FromName("m", "square"), new[] { 1L, 2L, 3L }, cancellationToken: Token);

        (await square.ResultAsync(cancellationToken: Token)).Should().Be(144);
        (await dask.GatherAsync(squares, cancellationToken: Token)).Should().Equal(1, 4, 9);
    }
}
