using DaskK8s.Testing;
using DaskK8s.Tests.Rigs.Cluster;

namespace DaskK8s.Tests.Cluster;

/// <summary>What goes on when a cluster is disposed, when the API server stalls, and when handlers throw.</summary>
public sealed class LifetimeOfClusterTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Dispose_CallsUnderWay_EndThemAllAsDisposedAndStreamsQuietly()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync();
        release.WorkersConnect = false;
        string pod = (await release.RunningAsync("my-dask-worker-", 3))[0].Metadata.Name;
        release.Cluster.Pods.AppendLog("default", pod, "hello");
        Task waiting = release.Helm.WaitForWorkersAsync(TimeSpan.FromMinutes(10), cancellationToken: Token);
        TaskCompletionSource began = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<int> following = CountAsync(release.Helm, began);
        await began.Task.WaitAsync(Limit, Token);
        using IDisposable stall = release.Cluster.Faults.AddHttp(new HttpFault { Verb = "list", Resource = "deployments", StallAfter = 10 });
        Task[] reading = [.. Enumerable.Range(0, 10).Select(_ => release.Helm.GetWorkerGroupsAsync(Token))];

        await release.Helm.DisposeAsync().AsTask().WaitAsync(Limit, Token);

        await waiting.Awaiting(t => t.WaitAsync(Limit)).Should().ThrowAsync<ObjectDisposedException>();
        foreach (Task read in reading)
        {
            await read.Awaiting(t => t.WaitAsync(Limit)).Should().ThrowAsync<ObjectDisposedException>();
        }

        (await following.WaitAsync(Limit, Token)).Should().BePositive();
        await release.Helm.Awaiting(h => h.GetWorkerGroupsAsync(Token)).Should().ThrowAsync<ObjectDisposedException>();
    }

    [Theory]
    [InlineData("pods")]
    [InlineData("deployments")]
    [InlineData("secrets")]
    public async Task Connect_ApiServerThatStallsInABody_EndsWithinItsLimit(string resource)
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync();
        using IDisposable stall = release.Cluster.Faults.AddHttp(new HttpFault { Verb = "list", Resource = resource, StallAfter = 10 });
        HelmClusterOptions options = new()
        {
            KubeconfigPath = release.Cluster.KubeconfigPath,
            SchedulerAccess = SchedulerAccess.Forward,
            RequestTimeout = TimeSpan.FromSeconds(2),
            ConnectTimeout = TimeSpan.FromSeconds(5),
        };

        Func<Task> connect = () => HelmCluster.ConnectAsync("my-dask", options, Token).WaitAsync(Limit, Token);

        await connect.Should().ThrowAsync<KubernetesTimeoutException>();
    }

    [Fact]
    public async Task Connect_ApiServerThatStallsInABody_EndsWithTheCallersToken()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync();
        using IDisposable stall = release.Cluster.Faults.AddHttp(new HttpFault { Verb = "list", Resource = "pods", StallAfter = 10 });
        using CancellationTokenSource caller = new(TimeSpan.FromSeconds(1));

        Func<Task> read = () => release.Helm.GetWorkerGroupsAsync(caller.Token).WaitAsync(Limit, Token);

        await read.Should().ThrowAsync<OperationCanceledException>();
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"kind\":\"Deployment\",\"metadata\":{\"name\":\"my-dask-worker\"}}")]
    [InlineData("{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"a\",\"uid\":\"1\"},\"spec\":{\"containers\":[]}}")]
    public async Task Scale_AnswerThatIsSomethingElse_ThrowsTypedErrorAndNoWrongNumber(string body)
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync();
        using IDisposable odd = release.Cluster.Faults.AddHttp(new HttpFault { Verb = "patch", Resource = "deployments", Body = body });

        Func<Task> scale = () => release.Helm.ScaleAsync(4, cancellationToken: Token);

        await scale.Should().ThrowAsync<KubernetesApiException>();
    }

    [Fact]
    public async Task Scale_ChangedHandlerThatThrows_ScalesAllTheSame()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync();
        int raised = 0;
        release.Helm.Changed += (_, _) =>
        {
            raised++;
            throw new InvalidOperationException("the user's mistake");
        };

        ScaleResult result = await release.Helm.ScaleAsync(4, cancellationToken: Token);

        result.After.Should().Be(4);
        raised.Should().BePositive();
    }

    [Fact]
    public async Task Wait_ProgressThatThrows_EndsThatWaitWithItsError()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync();

        Func<Task> wait = () => release.Helm.WaitForWorkersAsync(TimeSpan.FromMinutes(5), new Throwing(), cancellationToken: Token).WaitAsync(Limit, Token);

        await wait.Should().ThrowAsync<InvalidOperationException>().WithMessage("the user's mistake");
        (await release.Helm.GetWorkerGroupsAsync(Token)).Should().HaveCount(2);
    }

    [Fact]
    public async Task Forward_OpenedAndDisposedManyTimes_LeavesNothing()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync();

        for (int i = 0; i < 50; i++)
        {
            await using PortForward forward = await release.Helm.ForwardAsync(8888, component: PodComponent.Jupyter, cancellationToken: Token);
            release.Helm.OpenForwards.Should().Be(1);
        }

        release.Helm.OpenForwards.Should().Be(0);
    }

    private static async Task<int> CountAsync(HelmCluster helm, TaskCompletionSource began)
    {
        int lines = 0;
        IAsyncEnumerable<PodLogLine> stream = helm.StreamLogsAsync(new PodLogFilter { Follow = true }, Token);
        await foreach (PodLogLine line in stream)
        {
            lines++;
            began.TrySetResult();
        }

        return lines;
    }

    private sealed class Throwing : IProgress<WorkerGroupProgress>
    {
        public void Report(WorkerGroupProgress value) => throw new InvalidOperationException("the user's mistake");
    }
}
