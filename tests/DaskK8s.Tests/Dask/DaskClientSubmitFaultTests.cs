using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Dask;

/// <summary>Submissions that fail half-way: they leave no key behind that nobody will ever compute.</summary>
[Collection(DaskProcessesGroup.Name)]
public sealed class DaskClientSubmitFaultTests(DaskProcesses dask) : DaskClientTestBase(dask)
{
    private static readonly PythonFunction Add = PythonFunction.FromName("operator", "add");
    private static readonly PythonFunction Negate = PythonFunction.FromName("operator", "neg");

    public static TheoryData<string> Ways => ["pure", "key"];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task SubmitAsync_CancelledBefore_TheSameCallAgainHasItsResult(string way)
    {
        TaskOptions options = way == "pure" ? new() { Pure = true } : new() { Key = $"add-{Guid.NewGuid():N}" };
        int unique = Random.Shared.Next();
        Func<Task> cancelled = () => Client.SubmitAsync<int>(Add, [unique, 0], options, new CancellationToken(canceled: true));
        await cancelled.Should().ThrowAsync<OperationCanceledException>();

        using DaskFuture<int> again = await Client.SubmitAsync<int>(Add, [unique, 0], options, Token);

        (await again.ResultAsync(Limit, Token)).Should().Be(unique);
    }

    [Fact]
    public async Task MapAsync_InputWithoutJsonFormHalfWay_TheOthersAgainHaveTheirResults()
    {
        int first = Random.Shared.Next(1_000_000_000);
        object[] good = [.. Enumerable.Range(first, 2500).Cast<object>()];
        Func<Task> map = () => Client.MapAsync<int>(Negate, good.Append(Stream.Null), new TaskOptions { Pure = true }, Token);
        await map.Should().ThrowAsync<ArgumentException>();

        using DaskFutureList<int> again = await Client.MapAsync<int>(Negate, good, new TaskOptions { Pure = true }, Token);

        (await Client.GatherAsync(again, null, Token).WaitAsync(Limit, Token)).Should().Equal(Enumerable.Range(first, 2500).Select(static i => -i));
    }

    [Fact]
    public async Task MapAsync_InputsThatThrowHalfWay_LeaveNothingOnTheScheduler()
    {
        PythonFunction named = PythonFunction.FromSource("def halfway(i):\n    return i\n", "halfway");
        Func<Task> map = () => Client.MapAsync<int>(named, Inputs(), null, Token);

        (await map.Should().ThrowAsync<InvalidOperationException>()).WithMessage("no more inputs");

        // What went out before is let go of in the same order: a task submitted later shows that all of it is over.
        using DaskFuture<int> marker = await Client.SubmitAsync<int>(Add, [1, 2], null, Token);
        await marker.ResultAsync(Limit, Token);
        while ((await Client.WhoHasAsync(null, Token)).Keys.Any(static key => key.StartsWith("halfway-", StringComparison.Ordinal)))
        {
            await Task.Delay(20, Token);
        }

        static IEnumerable<int> Inputs()
        {
            for (int i = 0; i < 2100; i++)
            {
                yield return i;
            }

            throw new InvalidOperationException("no more inputs");
        }
    }

    [Fact]
    public async Task SubmitAsync_KeyLetGoOfAtTheSameMoment_HasItsResult()
    {
        TaskOptions options = new() { Key = $"shared-{Guid.NewGuid():N}" };
        DaskFuture<int> last = await Client.SubmitAsync<int>(Add, [1, 2], options, Token);
        for (int round = 0; round < 300; round++)
        {
            using Barrier start = new(2);
            DaskFuture<int> previous = last;
            Task letGo = Task.Run(
                () =>
                {
                    start.SignalAndWait(Token);
                    previous.Dispose();
                },
                Token);
            last = await Task.Run(
                () =>
                {
                    start.SignalAndWait(Token);
                    return Client.SubmitAsync<int>(Add, [1, 2], options, Token);
                },
                Token);
            await letGo;

            (await last.ResultAsync(Limit, Token)).Should().Be(3, "round {0}", round);
        }

        last.Dispose();
    }
}
