using System.Text.Json.Nodes;

using DaskK8s.Interactive.Tests.Browser;

namespace DaskK8s.Packages.Tests.Notebooks;

/// <summary>Loads the package into .NET Interactive as a reader would, and runs the sample's cells.</summary>
public sealed class NotebookTests
{
    private const string Notebook = "samples/notebooks/quickstart.ipynb";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Extension_LoadedWithThePackageOnly_ShowsValuesAsHtmlAndAsText()
    {
        using PackageFeed feed = new();
        await using NotebookKernel kernel = await NotebookKernel.StartAsync(feed, Token);
        const string FromALocalFolder = "#r \"nuget: DaskK8s.Interactive, *-*\"";
        Repository.Read("README.md").Should().Contain(FromALocalFolder);
        CellRun load = await kernel.RunAsync(FromALocalFolder, Token);

        CellRun scheduler = await kernel.RunAsync(
            """new DaskK8s.SchedulerInfo { Id = "1", Address = "tcp://10.0.0.1:8786", Type = "Scheduler", TotalThreads = 3 }""", Token);
        CellRun lines = await kernel.RunAsync(
            """new List<DaskK8s.PodLogLine> { new() { Pod = "pod-1", Component = DaskK8s.PodComponent.Worker, Time = DateTimeOffset.UnixEpoch, Text = "<b>bold</b>" } }""", Token);
        CellRun table = await kernel.RunAsync(
            """new Apache.Arrow.RecordBatch.Builder().Append("miles", false, column => column.Double(b => b.AppendRange([1.5, 2.5]))).Build()""", Token);
        CellRun error = await kernel.RunAsync("""new DaskK8s.DaskK8sException("It <i>failed</i>.")""", Token);
        CellRun snapshot = await kernel.RunAsync("""new DaskK8s.Interactive.ClusterSnapshot { Release = "my-dask", Namespace = "default" }""", Token);

        load.Error.Should().BeNull();
        scheduler.Outputs.Single().Html.Should().StartWith("<section class=\"daskk8s\" aria-label=\"Dask scheduler tcp://10.0.0.1:8786\">");
        scheduler.Outputs.Single().Text.Should().StartWith("Dask scheduler tcp://10.0.0.1:8786: 0 workers, 3 threads");
        lines.Outputs.Single().Html.Should().Contain("&lt;b&gt;bold&lt;/b&gt;").And.NotContain("<b>bold");
        lines.Outputs.Single().Text.Should().Be("pod-1: <b>bold</b>\n");
        table.Outputs.Single().Html.Should().StartWith("<section class=\"daskk8s\" aria-label=\"Table\">");
        table.Outputs.Single().Text.Should().Be("Table: 2 rows, 1 column\nmiles\n1.5\n2.5\n");
        error.Outputs.Single().Html.Should().Contain("It &lt;i&gt;failed&lt;/i&gt;.");
        snapshot.Outputs.Single().Html.Should().Contain("Dask cluster my-dask in namespace default");
    }

    [Fact]
    public async Task Quickstart_Run_ShowsTheWalkAndIsWhatTheStoredNotebookShows()
    {
        using PackageFeed feed = new();
        NotebookFile stored = new(Repository.Read(Notebook));
        NotebookFile notebook = new(Repository.Read(Notebook));
        List<CellRun> runs = [];
        await using (NotebookKernel kernel = await NotebookKernel.StartAsync(feed, Token))
        {
            foreach (JsonObject cell in notebook.CodeCells)
            {
                CellRun run = await kernel.RunAsync(NotebookFile.CodeOf(cell), Token);
                run.Error.Should().BeNull("the cell was: {0}", NotebookFile.CodeOf(cell));
                runs.Add(run);
                NotebookFile.Store(cell, runs.Count, run);
            }
        }

        if (Environment.GetEnvironmentVariable("DASKK8S_UPDATE_NOTEBOOK") == "1")
        {
            await File.WriteAllTextAsync(Repository.PathOf(Notebook), notebook.ToString(), Token);
            stored = new NotebookFile(Repository.Read(Notebook));
            await TakePictureAsync(notebook);
        }

        CellOutput[] cards = [.. runs.SelectMany(static r => r.Outputs).Where(static o => o.Html.Contains("aria-label=\"Dask cluster my-dask", StringComparison.Ordinal))];
        cards.Select(WorkersOf).Should().Equal([4, 6, 7, 4], "the card of the cell that connects, and one for each cell that scales");
        cards.Skip(1).Should().OnlyContain(static c => c.Updates > 0, "a card changes in place");
        runs.SelectMany(static r => r.Outputs).Where(static o => o.Kind == "stream").Single().Text.Should()
            .MatchRegex(@"^1000 trips, 4\.\d+ miles on average, on a worker of group worker\n1000 trips, 4\.\d+ miles on average, on a worker of group gpu-workers\n$");
        notebook.Normalized().Should().Be(stored.Normalized(), "the outputs in {0} are of another version otherwise: DASKK8S_UPDATE_NOTEBOOK=1 and this test store those of this one", Notebook);
    }

    /// <summary>Takes the picture that the README shows: the cells that connect and scale, with their cards.</summary>
    private static async Task TakePictureAsync(NotebookFile notebook)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("daskk8s-notebook-");
        try
        {
            string page = Path.Combine(folder.FullName, "notebook.html");
            string picture = Path.Combine(folder.FullName, "notebook.png");
            await File.WriteAllTextAsync(page, NotebookPage.Of(notebook.Cells.Skip(3).Take(4)), Token);
            await Chromium.ScreenshotAsync(page, Theme.Light, 920, 1200, picture, Token);
            await Command.RunAsync(
                Command.Of(folder.FullName, "/usr/bin/convert", picture, "-trim", "-bordercolor", "white", "-border", "24", "+repage", "-strip", "+dither", "-colors", "128", $"PNG8:{Repository.PathOf("docs/images/notebook.png")}"),
                Token);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Reads the number of connected workers from the last row of the card's text table.</summary>
    private static int WorkersOf(CellOutput card)
    {
        IEnumerable<string[]> rows = card.Text.Split('\n').Where(static l => l.StartsWith("worker ", StringComparison.Ordinal) || l.StartsWith("gpu-workers ", StringComparison.Ordinal))
            .Select(static l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return rows.Sum(static r => int.Parse(r[4], System.Globalization.CultureInfo.InvariantCulture));
    }
}
