using DaskK8s.Logs;
using DaskK8s.Tests.Rigs.Kubernetes;

using Microsoft.Extensions.Time.Testing;

namespace DaskK8s.Tests.Logs;

public sealed class LogsMergerTests
{
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(250);

    private readonly FakeTimeProvider time = new();

    [Fact]
    public async Task ReadAsync_ManySourcesThatEnd_GivesTimeOrder()
    {
        LogsMerger merger = new(time, null, TimeSpan.FromSeconds(5));
        Random random = new(7);
        const int Sources = 40;
        const int Lines = 500;
        Task[] writers = [.. Enumerable.Range(0, Sources).Select(i =>
        {
            LogsMerger.Source source = merger.Add();
            int[] at = [.. Enumerable.Range(0, Lines).Select(_ => random.Next(100_000)).Order()];
            return Task.Run(async () =>
            {
                using LogsMerger.Source end = source;
                foreach (int ms in at)
                {
                    await source.PushAsync(Line($"p{i}", ms), TestContext.Current.CancellationToken);
                }
            });
        })];
        merger.Close();

        PodLogLine[] lines = await merger.ReadAsync(TestContext.Current.CancellationToken).ToArrayAsync(TestContext.Current.CancellationToken);

        await Task.WhenAll(writers);
        lines.Should().HaveCount(Sources * Lines);
        lines.Select(static l => l.Time).Should().BeInAscendingOrder();
    }

    [Fact]
    public async Task ReadAsync_Continuations_StayWithTheirLine()
    {
        LogsMerger merger = new(time, null, TimeSpan.FromSeconds(5));
        using (LogsMerger.Source a = merger.Add())
        using (LogsMerger.Source b = merger.Add())
        {
            await a.PushAsync(Line("a", 1), TestContext.Current.CancellationToken);
            await a.PushAsync(Line("a", 3) with { IsContinuation = true }, TestContext.Current.CancellationToken);
            await a.PushAsync(Line("a", 5) with { IsContinuation = true }, TestContext.Current.CancellationToken);
            await b.PushAsync(Line("b", 1), TestContext.Current.CancellationToken);
            await b.PushAsync(Line("b", 4), TestContext.Current.CancellationToken);
        }

        merger.Close();
        PodLogLine[] lines = await merger.ReadAsync(TestContext.Current.CancellationToken).ToArrayAsync(TestContext.Current.CancellationToken);

        lines.Select(static l => l.ToString()).Should().Equal("a: 1", "a: 3", "a: 5", "b: 1", "b: 4");
    }

    [Fact]
    public async Task ReadAsync_SilentSource_HoldsOthersUpForTheWindowOnly()
    {
        LogsMerger merger = new(time, Window, TimeSpan.FromSeconds(5));
        using LogsMerger.Source talking = merger.Add();
        using LogsMerger.Source silent = merger.Add();
        silent.Opened();
        await using IAsyncEnumerator<PodLogLine> lines = merger.ReadAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);

        await talking.PushAsync(Line("t", 10), TestContext.Current.CancellationToken);
        Task<bool> next = lines.MoveNextAsync().AsTask();
        next.IsCompleted.Should().BeFalse();
        await silent.PushAsync(Line("s", 5), TestContext.Current.CancellationToken);
        (await next).Should().BeTrue();
        lines.Current.Pod.Should().Be("s");

        next = lines.MoveNextAsync().AsTask();
        next.IsCompleted.Should().BeFalse();
        time.Advance(Window);
        (await next).Should().BeTrue();
        lines.Current.Pod.Should().Be("t");
    }

    [Fact]
    public async Task ReadAsync_SourceThatIsBeingOpened_HoldsOthersUpUntilItsLimit()
    {
        LogsMerger merger = new(time, Window, TimeSpan.FromSeconds(5));
        using LogsMerger.Source opening = merger.Add();
        using LogsMerger.Source talking = merger.Add();
        await talking.PushAsync(Line("t", 10), TestContext.Current.CancellationToken);
        await using IAsyncEnumerator<PodLogLine> lines = merger.ReadAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);

        Task<bool> next = lines.MoveNextAsync().AsTask();
        time.Advance(TimeSpan.FromSeconds(4));
        next.IsCompleted.Should().BeFalse();
        time.Advance(TimeSpan.FromSeconds(1));

        (await next).Should().BeTrue();
    }

    [Fact]
    public async Task PushAsync_ReaderThatDoesNotRead_IsHeldUp()
    {
        LogsMerger merger = new(time, Window, TimeSpan.FromSeconds(5));
        using LogsMerger.Source source = merger.Add();
        for (int i = 0; i < 64; i++)
        {
            await source.PushAsync(Line("s", i), TestContext.Current.CancellationToken);
        }

        Task pushing = source.PushAsync(Line("s", 64), TestContext.Current.CancellationToken);

        pushing.IsCompleted.Should().BeFalse();
        await using IAsyncEnumerator<PodLogLine> lines = merger.ReadAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await lines.MoveNextAsync();
        await pushing.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task ReadAsync_ClosedWithAnError_ThrowsItAfterTheLines()
    {
        LogsMerger merger = new(time, Window, TimeSpan.FromSeconds(5));
        using (LogsMerger.Source source = merger.Add())
        {
            await source.PushAsync(Line("s", 1), TestContext.Current.CancellationToken);
        }

        merger.Close(new IOException("cut"));
        await using IAsyncEnumerator<PodLogLine> lines = merger.ReadAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);

        (await lines.MoveNextAsync()).Should().BeTrue();
        await lines.Invoking(async l => await l.MoveNextAsync()).Should().ThrowAsync<IOException>();
    }

    private static PodLogLine Line(string pod, int ms) => new()
    {
        Pod = pod,
        Component = PodComponent.Worker,
        Time = TestPods.Now.AddMilliseconds(ms),
        Text = $"{ms}",
    };
}
