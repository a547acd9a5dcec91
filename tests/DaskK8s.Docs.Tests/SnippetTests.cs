using System.Diagnostics;
using System.Reflection;

using DaskK8s.Docs.Tests.Pages;
using DaskK8s.Docs.Tests.Snippets;
using DaskK8s.Testing;

using k8s;

namespace DaskK8s.Docs.Tests;

/// <summary>Runs what the pages show, as it stands there: with the kubeconfig, the folder and the console that a reader has.</summary>
public sealed class SnippetTests : IAsyncLifetime
{
    private readonly StringWriter _console = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("daskk8s-docs-").FullName;
    private readonly string _before = Directory.GetCurrentDirectory();
    private EmbeddedCluster _cluster = null!;

    public async ValueTask InitializeAsync()
    {
        _cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { DaskProcesses = true }, TestContext.Current.CancellationToken);
        using k8s.Kubernetes client = _cluster.CreateClient();
        DaskRelease release = new()
        {
            Workers = 3,
            Groups = [new DaskReleaseGroup { Name = "gpu-workers", Replicas = 1, DaskResources = "GPU=1", Limits = new Dictionary<string, string> { ["nvidia.com/gpu"] = "1" } }],
        };
        await release.InstallAsync(client, TestContext.Current.CancellationToken);
        Environment.SetEnvironmentVariable("KUBECONFIG", _cluster.KubeconfigPath);
        Directory.SetCurrentDirectory(_folder);
        Console.SetOut(_console);
    }

    public async ValueTask DisposeAsync()
    {
        Console.SetOut(new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true });
        Directory.SetCurrentDirectory(_before);
        Environment.SetEnvironmentVariable("KUBECONFIG", null);
        await _cluster.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Readme_CSharp_PrintsWhatItsCommentsSay()
    {
        await ReadmeSnippets.ConnectScaleAndRunAsync();

        string[] lines = _console.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        lines.Should().HaveCount(3);
        lines[0].Should().MatchRegex(@"^HelmCluster\(my-dask\.default, 'tcp://127\.0\.0\.1:\d+', workers=4, threads=4, memory=.+\)$");
        lines[1].Should().MatchRegex(@"^http://127\.0\.0\.1:\d+/status$");
        lines[2].Should().Be("3");
    }

    [Fact]
    public async Task Readme_PowerShell_RunsInTheRepositorysFolder()
    {
        string configuration = typeof(SnippetTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(static a => a.Key == "Configuration").Value!;
        string script = SnippetFiles.All["readme-powershell"].Replace("/Release/", $"/{configuration}/", StringComparison.Ordinal);
        string host = Repository.PathOf($"tests/DaskK8s.PowerShell.Host/bin/{configuration}/net10.0/DaskK8s.PowerShell.Host.dll");
        ProcessStartInfo start = new("dotnet", [host, script]) { WorkingDirectory = Repository.Root, RedirectStandardOutput = true, RedirectStandardError = true };

        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        (await errors).Should().BeEmpty();
        process.ExitCode.Should().Be(0);
        output.Split('\n').Should().Contain("45");
    }

    [Fact]
    public async Task RunningWork_Examples_ComputeOnTheGpuGroup()
    {
        await RunningWorkSnippets.SubmitAsync();
        await RunningWorkSnippets.AnnotateAsync();
        await RunningWorkSnippets.ResubmitAsync();

        _console.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries).Should().Equal("3", "1, 2, 3", "1, 2, 3", "submitted 1 times");
    }

    [Fact]
    public async Task RunningWork_Publication_OutlivesItsClient()
    {
        await RunningWorkSnippets.PublishAsync();

        _console.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries).Should().Equal("-1, -2, -3");
    }

    [Fact]
    public async Task Scaling_Examples_ScaleBothGroupsAndAdapt()
    {
        await ScalingSnippets.ScaleAsync();
        await ScalingSnippets.AdaptAsync();

        _console.ToString().Split(Environment.NewLine)[0].Should().Be("4 -> 2, 0 results moved, stayed: 0");
    }

    [Fact]
    public async Task GpuGroups_Walk_WritesValuesScalesRunsAndAdapts()
    {
        await GpuGroupSnippets.WriteValuesAsync();
        await GpuGroupSnippets.ScaleAsync();
        await GpuGroupSnippets.RunAsync();
        await GpuGroupSnippets.AdaptAsync();

        string values = await File.ReadAllTextAsync("my-values.yaml", TestContext.Current.CancellationToken);
        values.Should().Contain("gpu-workers").And.Contain("dask-cuda-worker").And.Contain("nvidia.com/gpu");
        string[] lines = _console.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Page.All.Single(static page => page.Path == "docs/gpu-groups.md").Code.Select(static code => code.Text).Should().Contain(lines[0], "the page shows the command that is printed");
        lines[1].Should().Be("3");
    }
}
