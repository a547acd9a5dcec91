using DaskK8s.Testing;

namespace DaskK8s.PowerShell.Tests;

/// <summary>Tab completion, as <c>CommandCompletion</c> gives it to every host.</summary>
public sealed class CompletionTests(ReleaseFixture fixture) : IClassFixture<ReleaseFixture>
{
    [Theory]
    [InlineData("Set-DaskWorkerGroup -Name ", "worker", "gpu-workers")]
    [InlineData("Set-DaskWorkerGroup g", "gpu-workers")]
    [InlineData("Get-DaskWorkerGroup ", "worker", "gpu-workers")]
    [InlineData("Get-DaskWorkerGroup worker, g", "gpu-workers")]
    [InlineData("Get-DaskLog -Group g", "gpu-workers")]
    [InlineData("Get-DaskWorker -WorkerGroup g", "gpu-workers")]
    [InlineData("Wait-DaskWorker g", "gpu-workers")]
    [InlineData("Invoke-DaskPython '1' -WorkerGroup g", "gpu-workers")]
    [InlineData("New-DaskWorkerGroupValue g", "gpu-workers")]
    [InlineData("Start-DaskAdaptive g", "gpu-workers")]
    [InlineData("Get-DaskWorkerGroup -Cluster my", "my-dask.default")]
    [InlineData("Stop-DaskAdaptive -Cluster my", "my-dask.default")]
    [InlineData("Disconnect-DaskCluster my", "my-dask.default")]
    [InlineData("Get-DaskLog -Component S", "Scheduler")]
    [InlineData("Connect-DaskCluster -SchedulerAccess F", "Forward")]
    public void OfWhatIsConnected_ListsIt_WithoutACall(string line, params string[] expected)
    {
        using Session session = fixture.Connect();
        fixture.Cluster.ClearRequests();

        session.Complete(line).Should().Equal(expected);

        fixture.Cluster.Requests.Should().BeEmpty();
    }

    [Theory]
    [InlineData("Connect-DaskCluster -Kubeconfig {0} ", "my-dask")]
    [InlineData("Connect-DaskCluster -Kubeconfig {0} -Release m", "my-dask")]
    [InlineData("Connect-DaskCluster -Kubeconfig {0} x -Namespace ", "default")]
    [InlineData("Get-DaskCluster -Available -Kubeconfig {0} -Namespace d", "default")]
    [InlineData("Test-DaskPermission -Kubeconfig {0} -Namespace d", "default")]
    public void OfWhatThereIs_AsksTheKubeconfigThatIsTyped(string line, params string[] expected)
    {
        using Session session = new();

        // On a busy machine the first try can take longer than the second that a completion may; a user presses the key again.
        IReadOnlyList<string> found = [];
        for (int press = 0; press < 10 && found.Count < expected.Length; press++)
        {
            found = session.Complete(string.Format(null, line, $"'{fixture.Kubeconfig}'"));
        }

        found.Should().Equal(expected);
    }

    [Theory]
    [InlineData("Connect-DaskCluster x -Kubeconfig {0} -Context ")]
    [InlineData("Get-DaskCluster -Available -Kubeconfig {0} -Context ")]
    public void Contexts_ComeFromTheKubeconfig_WithoutACall(string line)
    {
        using Session session = new();
        DirectoryInfo home = Directory.CreateTempSubdirectory("daskk8s-completion-");
        File.WriteAllText(Path.Combine(home.FullName, "config"), "kind: Config\ncurrent-context: b\ncontexts:\n- name: a one\n  context: {cluster: a}\n- name: b\n  context: {cluster: a}\nclusters:\n- name: a\n  cluster: {server: 'http://127.0.0.1:9'}\n");

        // From the session's location, as the cmdlet would take it.
        session.SetLocation(home.FullName);
        session.Complete(string.Format(null, line, "./config")).Should().Equal("'a one'", "b");

        home.Delete(recursive: true);
    }

    [Fact]
    public async Task Instances_OfTheReleaseThatIsTyped_AreListed()
    {
        await using IAsyncDisposable platform = await fixture.AddReleaseAsync(new DaskRelease
        {
            Name = "platform",
            Subchart = ["dask-cpu"],
            Instances = [new DaskRelease { Subchart = ["dask-gpu"] }],
        });
        using Session session = new();
        string[] expected = ["dask-cpu", "dask-gpu"];

        IReadOnlyList<string> found = [];
        for (int press = 0; press < 10 && found.Count < expected.Length; press++)
        {
            found = session.Complete($"Connect-DaskCluster platform -Kubeconfig '{fixture.Kubeconfig}' -Instance ");
        }

        found.Should().Equal(expected);
        session.Run($"(Connect-DaskCluster platform -Instance dask-gpu -Kubeconfig '{fixture.Kubeconfig}' -SchedulerAccess None -WarningAction SilentlyContinue).Name")
            .Should().ContainSingle().Which!.BaseObject.Should().Be("platform/dask-gpu.default");
    }

    [Fact]
    public void OfAWordThatNothingBeginsWith_IsEmpty()
    {
        using Session session = new();

        session.Complete($"Connect-DaskCluster -Kubeconfig '{fixture.Kubeconfig}' -Release other").Should().BeEmpty();
    }

    [Fact]
    public void WhereNothingAnswers_IsEmpty()
    {
        using Session session = new();
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        File.WriteAllText(path, "kind: Config\ncurrent-context: a\ncontexts:\n- name: a\n  context: {cluster: a}\nclusters:\n- name: a\n  cluster: {server: 'http://127.0.0.1:9'}\n");

        session.Complete($"Connect-DaskCluster -Kubeconfig '{path}' -Release zz").Should().BeEmpty();

        File.Delete(path);
    }
}
