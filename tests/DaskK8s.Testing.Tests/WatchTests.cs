using System.Net;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace DaskK8s.Testing.Tests;

public sealed class WatchTests : IAsyncLifetime
{
    private EmbeddedCluster _cluster = null!;
    private Kubernetes _client = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { BookmarkInterval = TimeSpan.FromMilliseconds(50) }, Token);
        _client = _cluster.CreateClient();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Watch_FromAVersion_GivesWhatCameAfter()
    {
        V1ConfigMapList list = await _client.CoreV1.ListNamespacedConfigMapAsync("default", cancellationToken: Token);
        await CreateAsync("one");
        await _client.CoreV1.PatchNamespacedConfigMapAsync(new V1Patch("""{"data":{"a":"1"}}""", V1Patch.PatchType.MergePatch), "one", "default", cancellationToken: Token);
        await _client.CoreV1.DeleteNamespacedConfigMapAsync("one", "default", cancellationToken: Token);

        List<(WatchEventType Kind, string Name)> seen = [];
        await foreach ((WatchEventType kind, V1ConfigMap map) in _client.CoreV1.WatchListNamespacedConfigMapAsync("default", resourceVersion: list.Metadata.ResourceVersion, cancellationToken: Token))
        {
            seen.Add((kind, map.Metadata.Name));
            if (kind == WatchEventType.Deleted)
            {
                break;
            }
        }

        seen.Should().Equal((WatchEventType.Added, "one"), (WatchEventType.Modified, "one"), (WatchEventType.Deleted, "one"));
    }

    [Fact]
    public async Task Watch_WithSelector_SeesLeavingAsDeletion()
    {
        V1ConfigMapList list = await _client.CoreV1.ListNamespacedConfigMapAsync("default", cancellationToken: Token);
        await CreateAsync("mine", ("keep", "yes"));
        await CreateAsync("other");
        await _client.CoreV1.PatchNamespacedConfigMapAsync(new V1Patch("""{"metadata":{"labels":{"keep":"no"}}}""", V1Patch.PatchType.MergePatch), "mine", "default", cancellationToken: Token);

        List<(WatchEventType Kind, string Name)> seen = [];
        await foreach ((WatchEventType kind, V1ConfigMap map) in _client.CoreV1.WatchListNamespacedConfigMapAsync("default", labelSelector: "keep=yes", resourceVersion: list.Metadata.ResourceVersion, cancellationToken: Token))
        {
            seen.Add((kind, map.Metadata.Name));
            if (kind == WatchEventType.Deleted)
            {
                break;
            }
        }

        seen.Should().Equal((WatchEventType.Added, "mine"), (WatchEventType.Deleted, "mine"));
    }

    [Fact]
    public async Task Watch_WithBookmarks_GetsThem()
    {
        V1ConfigMapList list = await _client.CoreV1.ListNamespacedConfigMapAsync("default", cancellationToken: Token);

        await foreach ((WatchEventType kind, V1ConfigMap map) in _client.CoreV1.WatchListNamespacedConfigMapAsync("default", allowWatchBookmarks: true, resourceVersion: list.Metadata.ResourceVersion, cancellationToken: Token))
        {
            kind.Should().Be(WatchEventType.Bookmark);
            map.Metadata.ResourceVersion.Should().NotBeNullOrEmpty();
            break;
        }
    }

    [Fact]
    public async Task Watch_WithTimeout_Ends()
    {
        await CreateAsync("one");
        int events = 0;

        // Without any event KubernetesClient takes the end of the answer for an error.
        await foreach ((WatchEventType _, V1ConfigMap _) in _client.CoreV1.WatchListNamespacedConfigMapAsync("default", timeoutSeconds: 1, cancellationToken: Token))
        {
            events++;
        }

        events.Should().Be(1);
    }

    [Fact]
    public async Task Watch_FromForgottenVersion_IsToldGone()
    {
        V1ConfigMapList list = await _client.CoreV1.ListNamespacedConfigMapAsync("default", cancellationToken: Token);
        await CreateAsync("later");
        _cluster.Faults.ForgetHistory();

        Exception? told = await ConsumeAsync(list.Metadata.ResourceVersion);

        told.Should().BeOfType<KubernetesException>().Which.Status.Code.Should().Be(410);
    }

    [Fact]
    public async Task ExpireWatches_OpenWatch_GetsAnErrorEvent()
    {
        V1ConfigMapList list = await _client.CoreV1.ListNamespacedConfigMapAsync("default", cancellationToken: Token);
        Task<Exception?> watch = ConsumeAsync(list.Metadata.ResourceVersion);
        await WatchingAsync();

        _cluster.Faults.ExpireWatches();

        (await watch).Should().BeOfType<KubernetesException>().Which.Status.Reason.Should().Be("Expired");
    }

    [Fact]
    public async Task AddHttp_StatusAndRetryAfter_AnswersSoManyRequests()
    {
        using IDisposable fault = _cluster.Faults.AddHttp(new HttpFault { Verb = "list", Resource = "pods", Status = 429, RetryAfter = 3, Times = 1 });

        Func<Task> list = () => _client.CoreV1.ListNamespacedPodAsync("default", cancellationToken: Token);

        HttpOperationException error = (await list.Should().ThrowAsync<HttpOperationException>()).Which;
        error.Response.StatusCode.Should().Be(HttpStatusCode.TooManyRequests);
        error.Response.Headers["Retry-After"].Should().Equal("3");
        await list.Should().NotThrowAsync();
    }

    [Fact]
    public async Task AddHttp_ResetInMidStream_BreaksTheAnswerOff()
    {
        using IDisposable fault = _cluster.Faults.AddHttp(new HttpFault { Verb = "list", Resource = "namespaces", ResetAfter = 30 });

        Func<Task> list = () => _client.CoreV1.ListNamespaceAsync(cancellationToken: Token);

        await list.Should().ThrowAsync<Exception>().Where(error => error is HttpRequestException || error is IOException || error is HttpIOException);
    }

    [Fact]
    public async Task StopServer_AndStart_KeepsPortAndObjects()
    {
        await CreateAsync("kept");
        Uri before = _cluster.Server;

        await _cluster.Faults.StopServerAsync();
        Func<Task> read = () => _client.CoreV1.ReadNamespacedConfigMapAsync("kept", "default", cancellationToken: Token);
        await read.Should().ThrowAsync<HttpRequestException>();
        await _cluster.Faults.StartServerAsync(Token);

        _cluster.Server.Should().Be(before);
        await read.Should().NotThrowAsync();
    }

    [Fact]
    public async Task StopServer_OpenWatch_IsBrokenOff()
    {
        V1ConfigMapList list = await _client.CoreV1.ListNamespacedConfigMapAsync("default", cancellationToken: Token);
        Task watch = ConsumeAsync(list.Metadata.ResourceVersion);
        await WatchingAsync();

        await _cluster.Faults.StopServerAsync();

        await ((Func<Task>)(() => watch.WaitAsync(TimeSpan.FromSeconds(5), Token))).Should().ThrowAsync<Exception>().Where(error => !(error is TimeoutException));
    }

    private async Task<Exception?> ConsumeAsync(string version)
    {
        Exception? told = null;
        await foreach ((WatchEventType _, V1ConfigMap _) in _client.CoreV1.WatchListNamespacedConfigMapAsync("default", resourceVersion: version, onError: error => told = error, cancellationToken: Token))
        {
        }

        return told;
    }

    private async Task WatchingAsync()
    {
        while (!_cluster.Requests.Any(request => request.Verb == "watch"))
        {
            await Task.Delay(10, Token);
        }

        await Task.Delay(50, Token);
    }

    private Task<V1ConfigMap> CreateAsync(string name, params (string Key, string Value)[] labels) => _client.CoreV1.CreateNamespacedConfigMapAsync(
        new V1ConfigMap { Metadata = new V1ObjectMeta { Name = name, Labels = labels.ToDictionary(pair => pair.Key, pair => pair.Value) } }, "default", cancellationToken: Token);
}
