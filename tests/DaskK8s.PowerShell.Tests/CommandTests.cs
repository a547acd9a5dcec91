using System.Diagnostics;
using System.Management.Automation;

using Shell = System.Management.Automation.PowerShell;

namespace DaskK8s.PowerShell.Tests;

/// <summary>The cmdlets as scripts use them, on a release whose pods have no process.</summary>
public sealed class CommandTests(ReleaseFixture fixture) : IClassFixture<ReleaseFixture>
{
    [Fact]
    public void Connect_MakesTheClusterTheCurrentOne_DisconnectForgetsIt()
    {
        using Session session = fixture.Connect();

        session.Run("(Get-DaskCluster -Current).Name").Single()!.ToString().Should().Be("my-dask.default");
        session.Run("Disconnect-DaskCluster; Get-DaskCluster").Should().BeEmpty();
        session.Fail("Get-DaskWorkerGroup").FullyQualifiedErrorId.Should().StartWith("NoCluster,");
    }

    [Fact]
    public void Connect_UnknownRelease_ListsThoseThatAreThere()
    {
        using Session session = new();

        ErrorRecord error = session.Fail($"Connect-DaskCluster other -Kubeconfig '{fixture.Kubeconfig}'");

        error.CategoryInfo.Category.Should().Be(ErrorCategory.ObjectNotFound);
        error.CategoryInfo.TargetName.Should().Be("other");
        error.Exception.Message.Should().Contain("my-dask");
        error.ErrorDetails.RecommendedAction.Should().Contain("my-dask");
    }

    [Fact]
    public void GetCluster_Available_FindsTheReleaseAndPipesIntoConnect()
    {
        using Session session = new();

        session.Run($"(Get-DaskCluster -Available -Kubeconfig '{fixture.Kubeconfig}').ClusterName").Single()!.ToString().Should().Be("my-dask.default");
        session.Run($"(Get-DaskCluster my* -Available -Kubeconfig '{fixture.Kubeconfig}' | Connect-DaskCluster -Kubeconfig '{fixture.Kubeconfig}' -SchedulerAccess None -WarningAction SilentlyContinue).Name")
            .Single()!.ToString().Should().Be("my-dask.default");
    }

    [Fact]
    public async Task Pipeline_GroupsWithGpus_AreScaledTogether()
    {
        using Session session = fixture.Connect();

        session.Run("Get-DaskWorkerGroup | Where-Object GpuCount -gt 0 | Set-DaskWorkerGroup -Replicas 4 -Immediate -Wait -WarningAction SilentlyContinue");

        (await fixture.ReplicasAsync("my-dask-worker-gpu-workers")).Should().Be(4);
        session.Run("(Get-DaskWorkerGroup gpu-*).Ready").Single()!.BaseObject.Should().Be(4);
        (await fixture.ReplicasAsync("my-dask-worker")).Should().Be(3);
    }

    [Fact]
    public async Task SetWorkerGroup_WhatIf_ChangesNothing()
    {
        using Session session = fixture.Connect();
        int? before = await fixture.ReplicasAsync("my-dask-worker");
        fixture.Cluster.ClearRequests();

        session.Run("Set-DaskWorkerGroup -Replicas 9 -WhatIf");

        (await fixture.ReplicasAsync("my-dask-worker")).Should().Be(before);
        fixture.Cluster.Requests.Should().NotContain(static r => r.Method == "PATCH" || r.Method == "PUT");
    }

    [Theory]
    [InlineData("Set-DaskWorkerGroup gpu-worker -Replicas 1")]
    [InlineData("Get-DaskWorkerGroup gpu-worker")]
    [InlineData("Wait-DaskWorker gpu-worker")]
    [InlineData("Get-DaskLog gpu-worker")]
    [InlineData("Invoke-DaskPython '1' -WorkerGroup gpu-worker")]
    public void WrongGroup_IsAnErrorThatListsTheGroups(string script)
    {
        using Session session = fixture.Connect();

        ErrorRecord error = session.Fail(script);

        error.FullyQualifiedErrorId.Should().StartWith("WorkerGroupNotFound,");
        error.CategoryInfo.Category.Should().Be(ErrorCategory.ObjectNotFound);
        error.TargetObject.Should().Be("gpu-worker");
        error.ErrorDetails.RecommendedAction.Should().Contain("worker, gpu-workers");
        error.Exception.Message.Should().Contain("worker, gpu-workers");
    }

    [Fact]
    public void SetWorkerGroup_LosslessWithoutScheduler_AdvisesImmediate()
    {
        using Session session = fixture.Connect();

        ErrorRecord error = session.Fail("Set-DaskWorkerGroup -Replicas 0");

        error.FullyQualifiedErrorId.Should().StartWith("LosslessScaleDown,");
        error.ErrorDetails.RecommendedAction.Should().Contain("-Immediate");
    }

    [Fact]
    public void SetWorkerGroup_NoSizeOrTwo_IsRefused()
    {
        using Session session = fixture.Connect();

        session.Fail("Set-DaskWorkerGroup").CategoryInfo.Category.Should().Be(ErrorCategory.InvalidArgument);
        session.Fail("Set-DaskWorkerGroup -Replicas 1 -Gpus 1").CategoryInfo.Category.Should().Be(ErrorCategory.InvalidArgument);
    }

    [Fact]
    public async Task CtrlC_WhileWaiting_StopsWithinASecond()
    {
        using Session session = fixture.Connect();
        using Shell shell = session.Start("Set-DaskWorkerGroup gpu-workers -Replicas 40 -Wait -WarningAction SilentlyContinue; 'went on'");
        PSDataCollection<PSObject> output = [];
        IAsyncResult running = shell.BeginInvoke<PSObject, PSObject>(null, output);
        await WaitForAsync(() => shell.Streams.Progress.Any(static p => p.Activity.StartsWith("Waiting", StringComparison.Ordinal)));

        long start = Stopwatch.GetTimestamp();
        shell.Stop();

        Stopwatch.GetElapsedTime(start).Should().BeLessThan(TimeSpan.FromSeconds(1));
        running.IsCompleted.Should().BeTrue();
        output.Should().BeEmpty();
        session.Run("Set-DaskWorkerGroup gpu-workers -Replicas 1 -Immediate -Wait -WarningAction SilentlyContinue");
    }

    [Fact]
    public async Task GetLog_Follow_StreamsUntilStopped()
    {
        using Session session = fixture.Connect();
        string pod = session.Run("(Get-DaskWorkerGroup worker).Pods[0].Name").Single()!.ToString();
        fixture.Cluster.Pods.AppendLog("default", pod, "first line");
        session.Run("Get-DaskLog worker -Tail 1 -Since 10m | ForEach-Object Text").Select(static l => l!.ToString()).Should().Contain("first line");

        using Shell shell = session.Start("Get-DaskLog worker -Follow");
        PSDataCollection<PSObject> output = [];
        shell.BeginInvoke<PSObject, PSObject>(null, output);
        await WaitForAsync(() => output.Any(static l => l.Properties["Text"].Value is "first line"));
        fixture.Cluster.Pods.AppendLog("default", pod, "second line");
        await WaitForAsync(() => output.Any(static l => l.Properties["Text"].Value is "second line"));

        long start = Stopwatch.GetTimestamp();
        shell.Stop();
        Stopwatch.GetElapsedTime(start).Should().BeLessThan(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void Completion_KnowsGroupsClustersContextsAndReleases()
    {
        using Session session = fixture.Connect();

        session.Complete("Set-DaskWorkerGroup -Name ").Should().Equal("worker", "gpu-workers");
        session.Complete("Set-DaskWorkerGroup -Name g").Should().Equal("gpu-workers");
        session.Complete("Get-DaskLog -Group g").Should().Equal("gpu-workers");
        session.Complete("Get-DaskWorkerGroup -Cluster my").Should().Equal("my-dask.default");
        session.Complete($"Connect-DaskCluster -Kubeconfig '{fixture.Kubeconfig}' -Release ").Should().Equal("my-dask");
        session.Complete($"Connect-DaskCluster x -Kubeconfig '{fixture.Kubeconfig}' -Namespace ").Should().Equal("default");
        session.Complete($"Connect-DaskCluster x -Kubeconfig '{fixture.Kubeconfig}' -Context ").Should().ContainSingle();
    }

    [Fact]
    public void Completion_WhereNothingAnswers_IsEmptyAndQuick()
    {
        using Session session = new();
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        File.WriteAllText(path, "kind: Config\ncurrent-context: a\ncontexts:\n- name: a\n  context: {cluster: a}\nclusters:\n- name: a\n  cluster: {server: 'http://127.0.0.1:9'}\n");

        long start = Stopwatch.GetTimestamp();
        session.Complete($"Connect-DaskCluster -Kubeconfig '{path}' -Release zz").Should().BeEmpty();

        Stopwatch.GetElapsedTime(start).Should().BeLessThan(TimeSpan.FromSeconds(5));
        File.Delete(path);
    }

    [Fact]
    public void ReleaseValue_PathObjectAndYaml()
    {
        using Session session = fixture.Connect();

        session.Run("Get-DaskReleaseValue worker.replicas").Single()!.BaseObject.Should().Be(3L);
        session.Run("(Get-DaskReleaseValue).additional_worker_groups[0].name").Single()!.ToString().Should().Be("gpu-workers");
        session.Run("Get-DaskReleaseValue -AsYaml").Single()!.ToString().Should().Contain("additional_worker_groups:");
        session.Fail("Get-DaskReleaseValue worker.nothing").CategoryInfo.Category.Should().Be(ErrorCategory.ObjectNotFound);
    }

    [Fact]
    public void NewWorkerGroupValue_GivesTheFileAndTheCommand()
    {
        using Session session = fixture.Connect();
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

        string command = session.Run($"(New-DaskWorkerGroupValue big -Replicas 2 -Limits @{{ cpu = 4; memory = '16Gi' }} -DaskResources @{{ BIG = 1 }} -Path '{path}').Command").Single()!.ToString();

        command.Should().StartWith("helm upgrade my-dask ").And.Contain(path);
        File.ReadAllText(path).Should().Contain("name: big").And.Contain("16Gi");
        File.Delete(path);
        session.Run($"New-DaskWorkerGroupValue big -Replicas 2 -Path '{path}' -WhatIf");
        File.Exists(path).Should().BeFalse();
    }

    [Fact]
    public void TestPermission_SaysWhatIsMissingAndWritesTheRole()
    {
        string kubeconfig = fixture.Cluster.CreateKubeconfigFor("reader");
        using Session session = fixture.Connect();

        session.Run("Test-DaskPermission | Where-Object { -not $_.IsAllowed }").Should().BeEmpty();
        session.Run($"Test-DaskPermission -Namespace default -Kubeconfig '{kubeconfig}' | Where-Object {{ -not $_.IsAllowed }}").Should().NotBeEmpty();
        session.Run($"Test-DaskPermission -Namespace default -Kubeconfig '{kubeconfig}' -AsRole").Single()!.ToString().Should().Contain("kind: Role");
    }

    [Fact]
    public void Forbidden_IsPermissionDeniedWithAdvice()
    {
        using Session session = new();

        ErrorRecord error = session.Fail($"Connect-DaskCluster my-dask -Kubeconfig '{fixture.Cluster.CreateKubeconfigFor("nobody")}'");

        error.CategoryInfo.Category.Should().Be(ErrorCategory.PermissionDenied);
        error.ErrorDetails.RecommendedAction.Should().Contain("Test-DaskPermission");
    }

    [Fact]
    public void Verbose_CarriesTheLibrarysLog()
    {
        using Session session = new();
        using Shell shell = session.Start($"$null = Connect-DaskCluster my-dask -Kubeconfig '{fixture.Kubeconfig}' -SchedulerAccess None -Verbose");
        shell.Invoke();

        shell.Streams.Verbose.Select(static v => v.Message).Should().Contain(static m => m.Contains("my-dask", StringComparison.Ordinal));
    }

    [Fact]
    public void Cluster_ByName_IsFoundAmongTheConnected()
    {
        using Session session = fixture.Connect();

        session.Run("Get-DaskWorkerGroup -Cluster my-dask.default").Should().HaveCount(2);
        session.Run("Get-DaskCluster | Get-DaskWorkerGroup").Should().HaveCount(2);
        session.Fail("Get-DaskWorkerGroup -Cluster other").Exception.Message.Should().Contain("my-dask.default");
    }

    [Fact]
    public void OpenDashboard_WithoutOne_IsAnError()
    {
        using Session session = fixture.Connect();

        session.Fail("Open-DaskDashboard -LinkOnly").CategoryInfo.Category.Should().Be(ErrorCategory.ObjectNotFound);
    }

    private static async Task WaitForAsync(Func<bool> condition)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (!condition())
        {
            await Task.Delay(20, limit.Token);
        }
    }
}
