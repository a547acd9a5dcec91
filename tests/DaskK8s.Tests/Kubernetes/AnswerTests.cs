using System.Net;
using System.Text;

using DaskK8s.Common;
using DaskK8s.Groups;
using DaskK8s.Kubernetes;
using DaskK8s.Kubernetes.Transport;
using DaskK8s.Scaling.Ownership;
using DaskK8s.Tests.Rigs;

using k8s;
using k8s.Models;

using Microsoft.Extensions.Logging.Abstractions;

namespace DaskK8s.Tests.Kubernetes;

/// <summary>Answers that stall, are huge, or are valid JSON of something else: each call ends, with a documented error.</summary>
public sealed class AnswerTests
{
    private static readonly KubernetesApiCall List = new("list", "pods", "", "prod");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> NoListsOfPods =>
    [
        "", "null", "[]", "17", "\"pods\"", "{\"items\":[null]}", "{\"items\":[{}]}", "{\"items\":[{\"metadata\":{}}]}",
        "{\"items\":{}}", "{\"items\":7}", "{\"items\":[7]}",
        "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Success\"}", "{\"kind\":\"ServiceList\",\"apiVersion\":\"v1\",\"items\":[]}",
        "{\"kind\":\"DeploymentList\",\"items\":[]}", "<html></html>", "{\"items\":[{\"metadata\":{\"name\":\"a\\u001b[31m\"},\"spec\":{\"containers\":[]}}]}",
        "{\"items\":[{\"metadata\":{\"name\":\"a\",\"creationTimestamp\":\"yesterday\"},\"spec\":{\"containers\":[]}}]}", "{\"items\":[", "\u0000",
    ];

    [Theory]
    [MemberData(nameof(NoListsOfPods))]
    public async Task RunAsync_ValidOrInvalidJsonOfSomethingElse_SaysThatItIsNoKubernetes(string body)
    {
        KubeRequests requests = Create(new AnswerHandler(_ => Text(body)));

        Func<Task> list = () => ListAsync(requests, Token);

        (await list.Should().ThrowAsync<KubernetesServerException>()).WithMessage("*not a Kubernetes API server*list pods in namespace prod*");
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"metadata":null,"spec":{}}""")]
    [InlineData("""{"metadata":[],"spec":{}}""")]
    [InlineData("""{"metadata":{"name":5},"spec":{}}""")]
    [InlineData("""{"metadata":{"name":"another"},"spec":{}}""")]
    [InlineData("""{"metadata":{"name":"group"},"spec":7}""")]
    [InlineData("""{"metadata":{"name":"group","managedFields":{}},"spec":{}}""")]
    [InlineData("""{"metadata":{"name":"group"},"spec":{"replicas":1,"replicas":2}}""")]
    [InlineData("""{"metadata":{"name":"group"},"spec":{"template":{"a":1,"a":2}}}""")]
    public async Task ReadAsync_DeploymentThatIsNone_SaysThatItIsNoKubernetes(string body)
    {
        RawDeployments deployments = new(Create(new AnswerHandler(_ => Text(body))));

        Func<Task> read = () => deployments.ReadAsync("group", Token);

        (await read.Should().ThrowAsync<KubernetesServerException>()).WithMessage("*not a Kubernetes API server*");
    }

    [Fact]
    public async Task RunAsync_EmptyListWrittenAsNull_IsAnEmptyList()
    {
        KubeRequests requests = Create(new AnswerHandler(_ => Text("{\"kind\":\"PodList\",\"items\":null}")));

        (await ListAsync(requests, Token)).Items.Should().BeEmpty();
    }

    [Fact]
    public async Task RunAsync_BodyThatStallsAndIgnoresNothingButItsToken_EndsWithTheLimit()
    {
        StallingStream body = new(Encoding.UTF8.GetBytes("{\"items\":["));
        KubeRequests requests = Create(new AnswerHandler(_ => Streamed(body)), TimeSpan.FromSeconds(1));

        Func<Task> list = () => ListAsync(requests, Token).WaitAsync(TimeSpan.FromSeconds(30), Token);

        (await list.Should().ThrowAsync<KubernetesTimeoutException>()).WithMessage("*list pods*");
        body.SynchronousReads.Should().Be(0, "a read that blocks holds a thread of the pool that no token frees");
    }

    [Fact]
    public async Task RunAsync_BodyThatComesAByteAtATime_EndsWithTheLimit()
    {
        DrippingStream body = new();
        KubeRequests requests = Create(new AnswerHandler(_ => Streamed(body)), TimeSpan.FromSeconds(1));

        Func<Task> list = () => ListAsync(requests, Token).WaitAsync(TimeSpan.FromSeconds(30), Token);

        (await list.Should().ThrowAsync<KubernetesTimeoutException>()).WithMessage("*list pods*");
        body.Reads.Should().BeGreaterThan(1, "it never stalled");
    }

    [Fact]
    public async Task RunAsync_BodyThatStalls_EndsWithTheCallersToken()
    {
        StallingStream body = new(Encoding.UTF8.GetBytes("{\"items\":["));
        KubeRequests requests = Create(new AnswerHandler(_ => Streamed(body)));
        using CancellationTokenSource caller = new();
        Task<V1PodList> list = ListAsync(requests, caller.Token);
        await body.Stalled.WaitAsync(TimeSpan.FromSeconds(30), Token);

        await caller.CancelAsync();

        await list.Awaiting(l => l.WaitAsync(TimeSpan.FromSeconds(30))).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task RunAsync_BodyThatStalls_EndsWithTheConnection()
    {
        StallingStream body = new(Encoding.UTF8.GetBytes("{\"items\":["));
        KubeRequests requests = Create(new AnswerHandler(_ => Streamed(body)));
        Task<V1PodList> list = ListAsync(requests, Token);
        await body.Stalled.WaitAsync(TimeSpan.FromSeconds(30), Token);

        requests.Connection.Dispose();

        await list.Awaiting(l => l.WaitAsync(TimeSpan.FromSeconds(30))).Should().ThrowAsync<ObjectDisposedException>();
        await requests.Awaiting(r => ListAsync(r, Token)).Should().ThrowAsync<ObjectDisposedException>();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RunAsync_BodyBeyondTheLimit_ThrowsTypedErrorOnce(bool saysItsLength)
    {
        int sent = 0;
        KubeRequests requests = Create(new AnswerHandler(_ =>
        {
            sent++;
            HttpResponseMessage answer = Text(new string(' ', 5000));
            answer.Content = saysItsLength ? answer.Content : new StreamContent(new MemoryStream(new byte[5000]));
            return answer;
        }), limitBytes: 4096);

        Func<Task> list = () => ListAsync(requests, Token);

        (await list.Should().ThrowAsync<KubernetesServerException>()).WithMessage("*larger than*list pods*");
        sent.Should().Be(1, "a huge answer is not fetched again");
    }

    [Fact]
    public async Task RunAsync_RefusalWithEndlessBody_IsTheRefusal()
    {
        KubeRequests requests = Create(new AnswerHandler(_ =>
        {
            HttpResponseMessage answer = Streamed(new EndlessStream());
            answer.StatusCode = HttpStatusCode.Forbidden;
            return answer;
        }));

        Func<Task> list = () => ListAsync(requests, Token);

        await list.Should().ThrowAsync<KubernetesForbiddenException>();
    }

    [Fact]
    public async Task RunAsync_RefusalOfAnUnknownCharset_IsTheRefusal()
    {
        KubeRequests requests = Create(new AnswerHandler(_ =>
        {
            HttpResponseMessage answer = Text("{}");
            answer.StatusCode = HttpStatusCode.NotFound;
            answer.Content.Headers.ContentType!.CharSet = "nonsense";
            return answer;
        }));

        await requests.Awaiting(r => ListAsync(r, Token)).Should().ThrowAsync<KubernetesNotFoundException>();
    }

    [Fact]
    public void From_TextWithControlCharacters_IsEscapedOnOneLine()
    {
        KubernetesApiException error = KubeErrors.From(
            HttpStatusCode.Conflict, "{\"message\":\"red \\u001b[31m\\r\\nnext\\u0007 \\u202eright \\u009b fine é 🚀\"}", List);

        error.Message.Should().EndWith(@"red \u001b[31m next\u0007 \u202eright \u009b fine é 🚀");
        Words.Plain("half \ud800 pair").Should().Be(@"half \ud800 pair");
    }

    [Fact]
    public async Task Lines_OneBeyondTheLimit_ThrowsAndShortOnesPass()
    {
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 5000).Select(static i => $"{{\"n\":{i}}}\n")) + new string('x', 200_000) + "\n");
        List<string> lines = [];

        Func<Task> read = async () =>
        {
            await foreach (ReadOnlyMemory<byte> line in KubeLines.ReadAsync(new MemoryStream(text), 100_000, Token))
            {
                lines.Add(Encoding.UTF8.GetString(line.Span));
            }
        };

        await read.Should().ThrowAsync<KubeBodyTooLargeException>();
        lines.Should().HaveCount(5000);
        lines[4999].Should().Be("{\"n\":4999}");
    }

    [Fact]
    public async Task FollowAsync_WatchesThatAreForbidden_BackOffAndNameTheVerb()
    {
        InstantTime time = new(DateTimeOffset.UnixEpoch);
        RecordedLogs logs = new();
        int watches = 0;
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(Token);
        KubeRequests requests = Create(
            new AnswerHandler(request =>
            {
                if (!request.RequestUri!.Query.Contains("watch=true"))
                {
                    return Text("{\"items\":[]}");
                }

                watches++;
                return new HttpResponseMessage(HttpStatusCode.Forbidden) { Content = new StringContent("{\"message\":\"no\"}") };
            }),
            time: time,
            logs: logs);

        await DrainAsync(requests, enough, () => watches >= 6);

        TimeSpan[] first = [.. time.Pauses.Take(5)];
        first.Skip(1).Zip(first).Should().OnlyContain(static p => p.First > p.Second, "each pause is longer than the last");
        time.Pauses.Sum(static p => p.TotalSeconds).Should().BeGreaterThan(20);
        logs.Of(2005).Should().ContainSingle().Which.Should().Contain("watch pods").And.Contain("verbs [\"watch\"]");
        requests.RefusedWatches.Should().Equal(List with { Verb = "watch" });
    }

    [Fact]
    public async Task FollowAsync_WatchesAskedToComeLater_WaitAsLongAsTheyAreAsked()
    {
        InstantTime time = new(DateTimeOffset.UnixEpoch);
        int watches = 0;
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(Token);
        KubeRequests requests = Create(
            new AnswerHandler(request =>
            {
                if (!request.RequestUri!.Query.Contains("watch=true"))
                {
                    return Text("{\"items\":[]}");
                }

                watches++;
                HttpResponseMessage answer = new(HttpStatusCode.TooManyRequests);
                answer.Headers.TryAddWithoutValidation("Retry-After", "29");
                return answer;
            }),
            time: time);

        await DrainAsync(requests, enough, () => watches >= 3);

        time.Pauses.Take(2).Should().OnlyContain(static p => p == TimeSpan.FromSeconds(29));
    }

    public static TheoryData<string> OddWatchLines =>
    [
        "null", "7", "[]", "{}", "{\"type\":7}", "{\"type\":\"ADDED\"}", "{\"type\":\"ADDED\",\"object\":null}", "{\"type\":\"ADDED\",\"object\":7}",
        "{\"type\":\"ADDED\",\"object\":{}}", "{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"name\":\"a\"}}}", "<html>", "{\"type\":\"ERROR\",\"object\":{\"code\":410}}",
        "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Service\",\"metadata\":{\"name\":\"a\",\"uid\":\"1\"},\"spec\":{}}}",
    ];

    [Theory]
    [MemberData(nameof(OddWatchLines))]
    public async Task FollowAsync_WatchLineThatIsNoChange_ListsAgain(string line)
    {
        int lists = 0;
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(Token);
        KubeRequests requests = Create(
            new AnswerHandler(request =>
            {
                if (!request.RequestUri!.Query.Contains("watch=true"))
                {
                    lists++;
                    return Text("{\"items\":[]}");
                }

                return Text(line + "\n");
            }),
            time: new InstantTime(DateTimeOffset.UnixEpoch));

        int seen = await DrainAsync(requests, enough, () => lists >= 3);

        seen.Should().Be(0);
    }

    private static async Task<int> DrainAsync(KubeRequests requests, CancellationTokenSource enough, Func<bool> isEnough)
    {
        int most = 0;
        try
        {
            await foreach (IReadOnlyDictionary<string, V1Pod> pods in new Workloads(requests, "my-dask").FollowPodsAsync(enough.Token))
            {
                most = Math.Max(most, pods.Count);
                if (isEnough())
                {
                    await enough.CancelAsync();
                }
            }
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested && !Token.IsCancellationRequested)
        {
        }

        return most;
    }

    private static Task<V1PodList> ListAsync(KubeRequests requests, CancellationToken cancellationToken) => requests.RunAsync(
        List, (client, ct) => client.CoreV1.ListNamespacedPodAsync("prod", cancellationToken: ct), cancellationToken);

    private static HttpResponseMessage Text(string body) => new(HttpStatusCode.OK) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    private static HttpResponseMessage Streamed(Stream body) => new(HttpStatusCode.OK) { Content = new StreamContent(body) };

    private static KubeRequests Create(
        AnswerHandler answers, TimeSpan? limit = null, int limitBytes = KubeBodies.MaxResponseBytes, TimeProvider? time = null, RecordedLogs? logs = null) => new(
            new KubeConnection(
                new k8s.Kubernetes(new KubernetesClientConfiguration { Host = "http://127.0.0.1:1" }, new KubeBodies(answers, limitBytes)), "prod", "test"),
            new RetryOptions { MaxAttempts = 2, BaseDelay = TimeSpan.FromMilliseconds(1) },
            limit ?? TimeSpan.FromSeconds(60),
            time ?? TimeProvider.System,
            logs?.CreateLogger("test") ?? NullLogger.Instance);

    private sealed class AnswerHandler(Func<HttpRequestMessage, HttpResponseMessage> answer) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(Of(request, answer(request)));

        private static HttpResponseMessage Of(HttpRequestMessage request, HttpResponseMessage response)
        {
            response.RequestMessage = request;
            return response;
        }
    }

    /// <summary>Provides what it has, then nothing, until its token ends the read; a synchronous read would stay for ever.</summary>
    private sealed class StallingStream(byte[] content) : MemoryStream(content)
    {
        private readonly TaskCompletionSource _stalled = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Stalled => _stalled.Task;

        public int SynchronousReads { get; private set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            SynchronousReads++;
            return base.Read(buffer, offset, count);
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position == Length)
            {
                _stalled.TrySetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            }

            int count = (int)Math.Min(buffer.Length, Length - Position);
            ToArray().AsMemory((int)Position, count).CopyTo(buffer);
            Position += count;
            return count;
        }
    }

    private sealed class DrippingStream : MemoryStream
    {
        public int Reads { get; private set; }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
            Reads++;
            buffer.Span[0] = (byte)' ';
            return 1;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Nobody reads it synchronously.");
    }

    private sealed class EndlessStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            buffer.Span.Fill((byte)'x');
            return new(buffer.Length);
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Nobody reads it synchronously.");
    }
}
