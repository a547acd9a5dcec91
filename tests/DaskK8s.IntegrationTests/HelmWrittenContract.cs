using DaskK8s.IntegrationTests.Rigs;
using DaskK8s.Tests.Rigs.Helm;

namespace DaskK8s.IntegrationTests;

/// <summary>Walks through releases as Helm wrote them: one of the same form that this project writes and, where it is there, one that Helm did.</summary>
public sealed class HelmWrittenContract(TestCluster kubernetes)
{
    private const string Ours = "written by DaskK8s.Testing";
    private const string Shared = "helm3-gpu-group";

    /// <summary>Gets each release and how many default workers it has: both declare 3, and Helm's was scaled to 2 before it was copied.</summary>
    public static TheoryData<string, int> Sources
    {
        get
        {
            TheoryData<string, int> sources = new() { { Ours, 3 } };
            if (SharedReleases.All.Contains(Shared))
            {
                sources.Add(Shared, 2);
            }

            return sources;
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Sources))]
    public async Task ConnectAsync_ReleaseOfTwoRevisions_IsReadMappedAndReached(string source, int workers)
    {
        await using TestRelease release = await InstallAsync(source);

        await using HelmCluster cluster = await release.ConnectAsync();

        cluster.Name.Should().Be($"my-dask.{release.Namespace}");
        cluster.Release.Should().BeEquivalentTo(new { Revision = 2, ChartName = "dask", ChartVersion = "2025.11.0", Status = HelmReleaseStatus.Deployed });
        cluster.WorkerGroups.Select(g => (g.Name, g.Declared, g.Desired)).Should().Equal(("worker", 3, workers), ("gpu-workers", 1, 1));
        cluster.WorkerGroups[1].GpuCount.Should().Be(1);
        cluster.SchedulerForward.Should().NotBeNull();
        (await CountsAsync(cluster)).Should().BeEquivalentTo(new Dictionary<string, int> { ["worker"] = workers, ["gpu-workers"] = 1 });
        using HttpClient http = new() { BaseAddress = new Uri(cluster.DashboardLink!) };
        (await http.GetStringAsync(new Uri("/health", UriKind.Relative), Token)).Should().Be("ok");
        (await http.GetStringAsync(new Uri("/json/counts.json", UriKind.Relative), Token)).Should().MatchRegex($"\"workers\": *{workers + 1}");
        (await cluster.GetLogsAsync(cancellationToken: Token)).Should().HaveCount(workers + 2);
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public async Task ScaleAsync_EachGroupUpAndDown_ChangesThatGroupOnly(string source, int workers)
    {
        await using TestRelease release = await InstallAsync(source);
        await using HelmCluster cluster = await release.ConnectAsync();

        await cluster.ScaleAsync(workers + 1, cancellationToken: Token);
        await cluster.ScaleAsync(2, "gpu-workers", Token);
        await cluster.WaitForWorkersAsync(cancellationToken: Token);
        Dictionary<string, int> up = await CountsAsync(cluster);
        ScaleOptions immediate = new() { ScaleDown = ScaleDown.Immediate };
        await cluster.ScaleAsync(1, immediate, cancellationToken: Token);
        await cluster.ScaleAsync(1, immediate, "gpu-workers", Token);
        await cluster.WaitForWorkersAsync(cancellationToken: Token);
        Dictionary<string, int> down = await CountsAsync(cluster);

        up.Should().BeEquivalentTo(new Dictionary<string, int> { ["worker"] = workers + 1, ["gpu-workers"] = 2 });
        down.Should().BeEquivalentTo(new Dictionary<string, int> { ["worker"] = 1, ["gpu-workers"] = 1 });
    }

    private static async Task<Dictionary<string, int>> CountsAsync(HelmCluster cluster)
    {
        SchedulerInfo info = await cluster.GetSchedulerInfoAsync(Token);
        return info.Workers.GroupBy(w => w.Group ?? "").ToDictionary(g => g.Key, g => g.Count());
    }

    private Task<TestRelease> InstallAsync(string source) => source == Shared
        ? TestRelease.InstallAsync(kubernetes, new SharedRelease(Path.Combine(SharedReleases.Folder!, Shared)))
        : TestRelease.InstallAsync(kubernetes, r => r with { Groups = [r.Groups[0]], Revision = 2 });
}
