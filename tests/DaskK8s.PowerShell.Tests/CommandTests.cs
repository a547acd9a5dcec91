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
    public void Verbose_AndDebug_CarryTheLibrarysLog()
    {
        using Session session = new();
        using Shell quiet = session.Start($"$null = Connect-DaskCluster my-dask -Kubeconfig '{fixture.Kubeconfig}' -SchedulerAccess None -WarningAction SilentlyContinue");
        using Shell loud = session.Start($"$null = Connect-DaskCluster my-dask -Kubeconfig '{fixture.Kubeconfig}' -SchedulerAccess None -WarningAction SilentlyContinue -Verbose -Debug; Set-DaskWorkerGroup gpu-workers -Replicas 1 -Immediate -Verbose -Debug");

        quiet.Invoke();
        loud.Invoke();

        quiet.Streams.Verbose.Should().BeEmpty();
        quiet.Streams.Debug.Should().BeEmpty();
        loud.Streams.Verbose.Select(static v => v.Message).Should().Contain(static m => m.Contains("my-dask", StringComparison.Ordinal)).And.Contain(static m => m.Contains("gpu-workers: ", StringComparison.Ordinal));
        loud.Streams.Debug.Should().NotBeEmpty();
        loud.Streams.Verbose.Select(static v => v.Message).Concat(loud.Streams.Debug.Select(static d => d.Message)).Should().NotContain(static m => m.Contains("Bearer", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void Progress_IsShownAndTakenAway()
    {
        using Session session = new();
        using Shell shell = session.Start(
            $"$null = Connect-DaskCluster my-dask -Kubeconfig '{fixture.Kubeconfig}' -SchedulerAccess None -WarningAction SilentlyContinue; Set-DaskWorkerGroup gpu-workers -Replicas 3 -Wait -WarningAction SilentlyContinue; Set-DaskWorkerGroup gpu-workers -Replicas 1 -Immediate -Wait -WarningAction SilentlyContinue");

        shell.Invoke();

        ILookup<string, ProgressRecord> bars = shell.Streams.Progress.ToLookup(static p => p.Activity);
        bars.Select(static b => b.Key).Should().Contain(["Connecting", "Scaling gpu-workers", "Waiting for the workers of gpu-workers"]);
        bars.Should().AllSatisfy(static b => b.Last().RecordType.Should().Be(ProgressRecordType.Completed));
    }

    [Fact]
    public async Task Groups_OfSeveralClusters_AreReachedWhereTheyAre()
    {
        using Session session = fixture.Connect();
        await using IAsyncDisposable another = await fixture.AddReleaseAsync("other-dask");
        session.Run($"$null = Connect-DaskCluster other-dask -Kubeconfig '{fixture.Kubeconfig}' -SchedulerAccess None -WarningAction SilentlyContinue");

        session.Run("Get-DaskCluster | Get-DaskWorkerGroup gpu-workers | Wait-DaskWorker -PassThru -WarningAction SilentlyContinue | ForEach-Object { $_.Cluster.Name }")
            .Select(static n => n!.ToString()).Should().Equal("my-dask.default", "other-dask.default");
        session.Run("Get-DaskCluster | Wait-DaskWorker -PassThru -WarningAction SilentlyContinue").Should().HaveCount(4);
        session.Run("Get-DaskCluster my-dask | Get-DaskWorkerGroup gpu-workers | Set-DaskWorkerGroup -Replicas 2 -Immediate -PassThru | ForEach-Object DeploymentName")
            .Single()!.ToString().Should().Be("my-dask-worker-gpu-workers");
        session.Run("Get-DaskWorkerGroup gpu-workers -Cluster my-dask | Set-DaskWorkerGroup -Replicas 1 -Immediate");
    }

    [Fact]
    public void Cluster_ByName_IsFoundAmongTheConnected()
    {
        using Session session = fixture.Connect();

        session.Run("Get-DaskWorkerGroup -Cluster my-dask.default").Should().HaveCount(2);
        session.Run("Get-DaskCluster | Get-DaskWorkerGroup").Should().HaveCount(2);
        session.Fail("Get-DaskWorkerGroup -Cluster other").Exception.Message.Should().Contain("my-dask.default");
    }

    [Theory]
    [InlineData("90s", 90)]
    [InlineData("0.5s", 0.5)]
    [InlineData("10m", 600)]
    [InlineData("2h", 7200)]
    [InlineData("1d", 86400)]
    [InlineData("5", 5)]
    [InlineData("00:00:07", 7)]
    [InlineData("([TimeSpan]::FromSeconds(3))", 3)]
    [InlineData("'90s'", 90)]
    public void Age_IsReadAsItIsTyped(string typed, double seconds)
    {
        // 90s and 1d are numbers to PowerShell, of which only what was typed tells the unit.
        using Session session = new();

        session.Run($"function Test-Age {{ param([DaskK8s.PowerShell.Age()] [TimeSpan] $Since) $Since.TotalSeconds }}; Test-Age -Since {typed}")
            .Single()!.BaseObject.Should().Be(seconds);
    }

    [Fact]
    public void OpenDashboard_WithoutOne_IsAnError()
    {
        using Session session = fixture.Connect();

        session.Fail("Open-DaskDashboard -LinkOnly").CategoryInfo.Category.Should().Be(ErrorCategory.ObjectNotFound);
    }
}
