using System.IO.Compression;
using System.Net;
using System.Text;

using DaskK8s.Kubernetes;
using DaskK8s.Kubernetes.Config;
using DaskK8s.Kubernetes.Transport;
using DaskK8s.Testing;

using k8s;
using k8s.Models;

using Microsoft.Extensions.Logging.Abstractions;

namespace DaskK8s.Tests.Kubernetes.Transport;

/// <summary>Answers that the API server compresses: large ones are, and what they expand to counts.</summary>
public sealed class CompressedAnswerTests
{
    private static readonly KubernetesApiCall List = new("list", "configmaps", "", "prod");

    private static readonly byte[] Compressed = Gzip("""{"kind":"ConfigMapList","apiVersion":"v1","items":[{"metadata":{"name":"a","uid":"1"}}]}""");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ListAsync_LargeAnswer_ComesCompressed()
    {
        await using EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(cancellationToken: Token);
        using k8s.Kubernetes client = cluster.CreateClient();
        for (int i = 0; i < 4; i++)
        {
            await client.CoreV1.CreateNamespacedConfigMapAsync(
                new V1ConfigMap { Metadata = new V1ObjectMeta { Name = $"large-{i}" }, Data = new Dictionary<string, string> { ["text"] = new('x', 100_000) } }, "default", cancellationToken: Token);
        }

        SeenHandler seen = new();
        using k8s.Kubernetes given = new(KubernetesClientConfiguration.BuildConfigFromConfigFile(cluster.KubeconfigPath), seen);
        using KubeConnection connection = await KubeConnectionFactory.OpenAsync(new KubeConfigOptions { Namespace = "default", Kubernetes = given }, Token);
        KubeRequests requests = new(connection, new RetryOptions(), TimeSpan.FromSeconds(60), TimeProvider.System, NullLogger.Instance);

        V1ConfigMapList list = await requests.RunAsync(List, static (c, ct) => c.CoreV1.ListNamespacedConfigMapAsync("default", cancellationToken: ct), Token);

        list.Items.Where(static m => m.Metadata.Name.StartsWith("large-", StringComparison.Ordinal)).Should().HaveCount(4).And.OnlyContain(static m => m.Data["text"].Length == 100_000);
        seen.Encodings.Should().Equal("gzip");
    }

    [Fact]
    public async Task RunAsync_CompressedAnswer_IsRead() =>
        (await ListAsync(Compressed)).Items.Should().ContainSingle().Which.Metadata.Name.Should().Be("a");

    [Fact]
    public async Task RunAsync_AnswerThatInflatesBeyondTheLimit_ThrowsTypedError()
    {
        Func<Task> list = () => ListAsync(Gzip(new string(' ', 10_000_000)), maxBytes: 1 << 20);

        (await list.Should().ThrowAsync<KubernetesServerException>()).WithMessage("*larger than 1 MiB*");
    }

    [Fact]
    public async Task RunAsync_CompressedAnswerThatIsCutOrDamaged_ThrowsTypedError()
    {
        for (int i = 0; i < Compressed.Length - 10; i++)
        {
            byte[] damaged = [.. Compressed];
            damaged[i] ^= 0x5a;
            foreach (byte[] bytes in (byte[][])[Compressed[..i], damaged])
            {
                // A header's time and system do not matter, and a changed letter of a text goes unseen.
                Exception? error = await Record.ExceptionAsync(() => ListAsync(bytes));

                (error is null or KubernetesServerException).Should().BeTrue($"byte {i} gave {error}");
                (bytes.Length < Compressed.Length && error is null).Should().BeFalse($"a cut at {i} is seen");
            }
        }
    }

    [Theory]
    [InlineData(true, "")]
    [InlineData(false, "gzip")]
    public async Task SendAsync_Request_AsksForGzipUnlessItStreams(bool streams, string expected)
    {
        string? asked = null;
        using HttpMessageInvoker invoker = new(new KubeBodies(new AnswerHandler(request =>
        {
            asked = request.Headers.AcceptEncoding.ToString();
            return new HttpResponseMessage(HttpStatusCode.OK);
        })));
        using HttpRequestMessage request = new(HttpMethod.Get, "http://127.0.0.1:1/api/v1/pods");
        if (streams)
        {
            KubeBodies.Stream(request);
        }

        using HttpResponseMessage response = await invoker.SendAsync(request, Token);

        asked.Should().Be(expected);
    }

    private static Task<V1ConfigMapList> ListAsync(byte[] body, int maxBytes = KubeBodies.MaxResponseBytes)
    {
        AnswerHandler answers = new(_ => new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(body) { Headers = { ContentEncoding = { "gzip" } } } });
        KubeRequests requests = new(
            new KubeConnection(new k8s.Kubernetes(new KubernetesClientConfiguration { Host = "http://127.0.0.1:1" }, new KubeBodies(answers, maxBytes)), "prod", "test"),
            new RetryOptions { MaxAttempts = 1 },
            TimeSpan.FromSeconds(60),
            TimeProvider.System,
            NullLogger.Instance);
        return requests.RunAsync(List, static (client, ct) => client.CoreV1.ListNamespacedConfigMapAsync("prod", cancellationToken: ct), Token);
    }

    private static byte[] Gzip(string text)
    {
        using MemoryStream buffer = new();
        using (GZipStream gzip = new(buffer, CompressionLevel.Optimal))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return buffer.ToArray();
    }

    private sealed class AnswerHandler(Func<HttpRequestMessage, HttpResponseMessage> answer) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            HttpResponseMessage response = answer(request);
            response.RequestMessage = request;
            return Task.FromResult(response);
        }
    }

    /// <summary>Notes how the answers' bodies come.</summary>
    private sealed class SeenHandler : DelegatingHandler
    {
        public List<string> Encodings { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
            Encodings.Add(string.Join(',', response.Content.Headers.ContentEncoding));
            return response;
        }
    }
}
