using DaskK8s.Testing;
using DaskK8s.Tests.Dask.Protocol;
using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.Cluster;

using k8s;

namespace DaskK8s.Tests.Docs;

/// <summary>
/// Runs every shape of a release on real Dask processes, and holds the table "Shapes of a release" of <c>docs/compatibility.md</c> to what came of it.
/// With <c>DASKK8S_UPDATE_DOCS=1</c> the table is written.
/// </summary>
[Collection(AloneCollection.Name)]
public sealed class CompatibilityPageTests(TlsDask tls) : IClassFixture<TlsDask>
{
    private const string PagePath = "docs/compatibility.md";
    private const string Begin = "<!-- shapes: begin -->";
    private const string End = "<!-- shapes: end -->";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CompatibilityPage_ShapesOfARelease_AreAsTheyWereSeen()
    {
        await using EmbeddedCluster kubernetes = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { DaskProcesses = true }, Token);
        using k8s.Kubernetes client = kubernetes.CreateClient();
        await new DaskRelease { Name = "other", Namespace = "elsewhere", Workers = 1 }.InstallAsync(client, Token);
        await using HelmCluster other = await HelmCluster.ConnectAsync(
            "other", new HelmClusterOptions { KubeconfigPath = kubernetes.KubeconfigPath, Namespace = "elsewhere", LocalSchedulerPort = 0, LocalDashboardPort = 0 }, Token);
        List<string> rows =
        [
            "| Shape | connect | groups | declared numbers | scale | lossless | wait | logs | values of the next upgrade | discovery |",
            "|---|---|---|---|---|---|---|---|---|---|",
        ];
        foreach ((int i, ReleaseShape shape) in ReleaseShape.All(tls).Index())
        {
            DaskRelease release = shape.Release with { Namespace = $"shape-{i}" };
            await release.InstallAsync(client, Token);
            ShapeRun run = new(kubernetes, client, shape with { SchedulerAddress = shape.SchedulerAddress is null ? null : other.SchedulerAddress }, release);
            rows.Add($"| {shape.Name} | {string.Join(" | ", await run.RunAsync(Token))} |");
            await release.UninstallAsync(client, Token);
        }

        string table = string.Join('\n', rows);
        string page = Repository.Read(PagePath).ReplaceLineEndings("\n");
        int begin = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        int end = page.IndexOf(End, StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("DASKK8S_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(Repository.PathOf(PagePath), $"{page[..begin]}\n{table}\n{page[end..]}");
            page = Repository.Read(PagePath).ReplaceLineEndings("\n");
            end = page.IndexOf(End, StringComparison.Ordinal);
        }

        page[begin..end].Trim().Should().Be(table, "the table says what was seen; DASKK8S_UPDATE_DOCS=1 writes it");
    }
}
