namespace DaskK8s.Tests.Cluster;

public sealed class HelmClusterOptionsTests
{
    public static TheoryData<HelmClusterOptions> Invalid => new(
        new HelmClusterOptions { Namespace = " " },
        new HelmClusterOptions { Context = "" },
        new HelmClusterOptions { KubeconfigPath = "" },
        new HelmClusterOptions { LocalSchedulerPort = -1 },
        new HelmClusterOptions { LocalDashboardPort = 70_000 },
        new HelmClusterOptions { NodePort = 0 },
        new HelmClusterOptions { ConnectTimeout = TimeSpan.Zero },
        new HelmClusterOptions { RequestTimeout = TimeSpan.FromSeconds(-1) },
        new HelmClusterOptions { MaxReleaseBytes = 0 },
        new HelmClusterOptions { MaxReplicas = 0 },
        new HelmClusterOptions { Retry = new RetryOptions { MaxAttempts = 0 } },
        new HelmClusterOptions { SchedulerComponent = "" });

    [Theory]
    [MemberData(nameof(Invalid))]
    public async Task ConnectAsync_OptionThatMakesNoSense_ThrowsBeforeAnythingIsDone(HelmClusterOptions options)
    {
        Func<Task> connect = () => HelmCluster.ConnectAsync("my-dask", options, TestContext.Current.CancellationToken);

        await connect.Should().ThrowAsync<ArgumentException>();
    }

    [Theory]
    [InlineData("My-Dask")]
    [InlineData("-dask")]
    [InlineData("dask-")]
    [InlineData("da sk")]
    [InlineData("dask_1")]
    [InlineData("a..b")]
    [InlineData("")]
    [InlineData("a1234567890123456789012345678901234567890123456789012345")]
    public async Task ConnectAsync_NameThatHelmWouldRefuse_ThrowsArgumentException(string name)
    {
        Func<Task> connect = () => HelmCluster.ConnectAsync(name, null, TestContext.Current.CancellationToken);

        await connect.Should().ThrowAsync<ArgumentException>();
    }

    [Theory]
    [InlineData("my-dask")]
    [InlineData(".default")]
    [InlineData("my-dask.")]
    public async Task FromNameAsync_NameWithoutBothParts_ThrowsArgumentException(string name)
    {
        Func<Task> connect = () => HelmCluster.FromNameAsync(name, null, TestContext.Current.CancellationToken);

        await connect.Should().ThrowAsync<ArgumentException>();
    }

    [Fact]
    public async Task FromNameAsync_NamespaceThatContradictsTheOptions_ThrowsArgumentException()
    {
        Func<Task> connect = () => HelmCluster.FromNameAsync(
            "my.dask.prod", new HelmClusterOptions { Namespace = "test" }, TestContext.Current.CancellationToken);

        (await connect.Should().ThrowAsync<ArgumentException>()).WithMessage("*\"prod\"*\"test\"*");
    }
}
