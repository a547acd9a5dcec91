namespace DaskK8s.Interactive.Tests;

/// <summary>Scales a release on an embedded cluster in the cells of a notebook that the test plays.</summary>
public sealed class LiveCardTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(90);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Follow_ClusterScaledInACell_ShowsOneCardThatChangesInPlace()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync();
        FakeNotebook notebook = new();
        NotebookCards.Start(notebook);
        notebook.Cell = "1";
        notebook.Format(release.Helm).Should().Contain("my-dask");
        await release.Helm.WaitForWorkersAsync(Long, cancellationToken: Token);

        notebook.Cell = "2";
        await release.Helm.ScaleAsync(5, cancellationToken: Token);
        await release.Helm.WaitForWorkersAsync(Long, cancellationToken: Token);

        List<ClusterSnapshot> card = notebook.Cards.Should().ContainKey("2").WhoseValue;
        card[0].Groups[0].Should().Match<GroupSnapshot>(static g => g.Desired == 5 && g.Waiting == "being scaled to 5");
        card.Select(static c => c.Groups[0].Ready).Should().BeInAscendingOrder().And.EndWith(5);
        card[^1].Groups[0].Should().Match<GroupSnapshot>(static g => g.Desired == 5 && g.Waiting == null);
        card.Select(static c => c.ToString()).Should().OnlyHaveUniqueItems("an update that changes nothing is none");
    }

    [Fact]
    public async Task Follow_CellThatOnlyReads_GetsNoCard()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync();
        FakeNotebook notebook = new() { Cell = "1" };
        NotebookCards.Start(notebook).Follow(release.Helm);

        await release.Helm.GetWorkerGroupsAsync(Token);

        notebook.Cards.Should().BeEmpty();
    }

    [Fact]
    public async Task Follow_NoCellRuns_ScalesAllTheSame()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync();
        FakeNotebook notebook = new();
        NotebookCards.Start(notebook).Follow(release.Helm);

        ScaleResult result = await release.Helm.ScaleAsync(5, cancellationToken: Token);

        result.After.Should().Be(5);
        notebook.Cards.Should().BeEmpty();
    }

    private sealed class FakeNotebook : INotebook
    {
        private readonly List<NotebookView> _views = [];

        public string? Cell { get; set; }

        public object? CurrentCell => Cell;

        /// <summary>Gets what was shown in the one place of each cell, in order.</summary>
        public Dictionary<string, List<ClusterSnapshot>> Cards { get; } = [];

        public void Register(NotebookView view) => _views.Add(view);

        public string Format(object value) => _views.First(v => v.Type.IsInstanceOfType(value)).ToHtml(value);

        public Action<object> Display(object value)
        {
            List<ClusterSnapshot> shown = [(ClusterSnapshot)value];
            Cards.Add(Cell!, shown);
            return next => shown.Add((ClusterSnapshot)next);
        }
    }
}
