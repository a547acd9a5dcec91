using DaskK8s.Interactive.Tests.Browser;
using DaskK8s.Interactive.Views;

namespace DaskK8s.Interactive.Tests;

/// <summary>Shows every view in headless Chromium, in both themes.</summary>
public sealed class BrowserTests
{
    private const string White = "rgb(255, 255, 255)";
    private const string NearBlack = "rgb(22, 27, 34)";

    private static readonly string[] Views =
    [
        ClusterCard.ToHtml(Examples.Scaling),
        SchedulerView.ToHtml(Examples.Scheduler),
        LogView.ToHtml(Examples.Log),
        LogView.ToHtml(Examples.Logs(("my-dask-scheduler-0", "a line\nanother"), ("my-dask-worker-0", new string('y', 300)))),
        ErrorView.ToHtml(new WorkerGroupNotFoundException("gpu", "my-dask", "default", ["worker", "gpu-workers"])),
        ErrorView.ToHtml(new DaskTaskException("div-1", "The task div-1 failed: division by zero", "ZeroDivisionError", "division by zero", "Traceback:\n  line 1")),
        TableView.ToHtml(Tables.Trips),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Theme.Light, 900)]
    [InlineData(Theme.Dark, 900)]
    [InlineData(Theme.Light, 640)]
    public async Task Views_InANotebooksWidth_FitAreReadableAndAskNobody(Theme theme, int width)
    {
        Measured measured = await Measured.OfAsync(Views, theme, width, Token);

        measured.Overflowing.Should().BeEmpty();
        measured.Scrolling.Should().BeEmpty("a table of a usual release fits");
        measured.LowestContrast.Should().BeGreaterThan(4.5, "that is WCAG's level AA; the text is {0}", measured.LowestContrastText);
        measured.Background.Should().Be(theme == Theme.Dark ? NearBlack : White);
        measured.Requests.Should().BeEmpty();
        measured.Text.Should().ContainAll("my-dask", "gpu-workers", "12.00 GiB of 20.00 GiB", "Register worker tcp://10.42.0.8:41231", "division by zero");
    }

    [Theory]
    [InlineData(Theme.Light, "class=vscode-dark", NearBlack)]
    [InlineData(Theme.Dark, "class=vscode-light", White)]
    [InlineData(Theme.Light, "data-jp-theme-light=false", NearBlack)]
    [InlineData(Theme.Dark, "data-jp-theme-light=true", White)]
    public async Task Views_NotebookWithAThemeOfItsOwn_FollowIt(Theme system, string body, string background)
    {
        Measured measured = await Measured.OfAsync(Views, system, 900, Token, body);

        measured.Background.Should().Be(background);
        measured.LowestContrast.Should().BeGreaterThan(4.5, "the text is {0}", measured.LowestContrastText);
    }

    [Fact]
    public async Task Views_NarrowWindow_ScrollInsideOnly()
    {
        Measured measured = await Measured.OfAsync(Views, Theme.Light, 360, Token);

        measured.Overflowing.Should().BeEmpty();
    }

    [Fact]
    public async Task Views_LongestNames_BreakInsideTheirPlaces()
    {
        // 53 characters is Helm's limit for a release, 63 that of a namespace and of a label, 253 that of a pod.
        string group = Examples.LongName(63);
        ClusterSnapshot snapshot = Examples.Scaling with
        {
            Release = Examples.LongName(53),
            Namespace = group,
            Context = Examples.LongName(200),
            ChartName = Examples.LongName(100),
            DashboardLink = $"https://{group}.example/{Examples.LongName(200)}",
            Groups = [Examples.Scaling.Groups[1] with { Name = group, Waiting = Examples.LongName(300), Resources = new Dictionary<string, double> { [group] = 1 } }],
            Limitations = [Examples.LongName(300)],
        };
        string pod = Examples.LongName(253);
        string[] views =
        [
            ClusterCard.ToHtml(snapshot), SchedulerView.ToHtml(Examples.HostileScheduler(pod)), LogView.ToHtml([Examples.Line(pod, group, "INFO", Examples.LongName(5000))]),
            LogView.ToHtml(Examples.Logs((pod, pod))), ErrorView.ToHtml(new WorkerGroupNotFoundException(group, pod, pod, [group, group])), TableView.ToHtml(Tables.Hostile(pod)),
        ];

        Measured measured = await Measured.OfAsync(views, Theme.Dark, 700, Token);

        measured.Overflowing.Should().BeEmpty();
    }

    [Theory]
    [InlineData(Theme.Light)]
    [InlineData(Theme.Dark)]
    public async Task Views_AttacksInEveryField_RunNothingAndShowAsText(Theme theme)
    {
        string[] views = [.. Examples.Attacks.SelectMany(static a => ViewTests.HostileViews.Select(v => v(a)))];

        Measured measured = await Measured.OfAsync(views, theme, 900, Token);

        measured.Broken.Should().BeNull();
        measured.Requests.Should().BeEmpty();
        measured.Overflowing.Should().BeEmpty();
        measured.Text.Should().ContainAll("<script>window.broken='script'</script>", "</bdi></td></table></section><h1>out</h1>", "&lt;b&gt;&amp;&#x3C;i&#x3E;");
    }
}
