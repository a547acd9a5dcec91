using System.Net;
using System.Text.Json;

using DaskK8s.Kubernetes;
using DaskK8s.Tests.Rigs;

using k8s;
using k8s.Autorest;

namespace DaskK8s.Tests.Kubernetes;

public sealed class KubeRequestsTests
{
    private const string Token = "sha256~planted-token";
    private static readonly KubernetesApiCall Patch = new("patch", "deployments", "apps", "prod", "my-dask-worker");
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    private readonly InstantTime time = new(Now);
    private readonly RecordedLogs logs = new();
    private int sent;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<HttpStatusCode, Type, int> Answers => new()
    {
        { HttpStatusCode.BadRequest, typeof(KubernetesInvalidException), 1 },
        { HttpStatusCode.Unauthorized, typeof(KubernetesUnauthorizedException), 1 },
        { HttpStatusCode.Forbidden, typeof(KubernetesForbiddenException), 1 },
        { HttpStatusCode.NotFound, typeof(KubernetesNotFoundException), 1 },
        { HttpStatusCode.Conflict, typeof(KubernetesConflictException), 1 },
        { HttpStatusCode.UnprocessableEntity, typeof(KubernetesInvalidException), 1 },
        { HttpStatusCode.TooManyRequests, typeof(KubernetesThrottledException), 4 },
        { HttpStatusCode.InternalServerError, typeof(KubernetesServerException), 4 },
        { HttpStatusCode.BadGateway, typeof(KubernetesServerException), 4 },
        { HttpStatusCode.ServiceUnavailable, typeof(KubernetesServerException), 4 },
        { HttpStatusCode.GatewayTimeout, typeof(KubernetesTimeoutException), 4 },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task RunAsync_RefusedForGood_ThrowsTheErrorOfThatAnswerAfterSoManyAttempts(HttpStatusCode status, Type expected, int attempts)
    {
        KubeRequests requests = Create();

        Func<Task> run = () => requests.RunAsync<int>(Patch, (_, _) => Answer(status), Cancellation);

        KubernetesApiException error = (await run.Should().ThrowAsync<KubernetesApiException>()).Which;
        error.Should().BeOfType(expected);
        error.StatusCode.Should().Be((int)status);
        error.Call.Should().Be(Patch);
        error.Message.Should().Contain("patch deployments.apps/my-dask-worker in namespace prod").And.Contain("as the server words it");
        sent.Should().Be(attempts);
    }

    [Fact]
    public async Task RunAsync_RefusedForLackOfRights_NamesTheRuleThatIsMissing()
    {
        KubeRequests requests = Create();

        Func<Task> run = () => requests.RunAsync<int>(Patch, (_, _) => Answer(HttpStatusCode.Forbidden), Cancellation);

        (await run.Should().ThrowAsync<KubernetesForbiddenException>())
            .WithMessage("*apiGroups [\"apps\"], resources [\"deployments\"], verbs [\"patch\"]*");
    }

    [Fact]
    public async Task RunAsync_AnyError_HoldsNothingOfTheRequest()
    {
        KubeRequests requests = Create();
        List<Exception> errors = [];

        foreach (HttpStatusCode status in Answers.Select(a => a.Data.Item1))
        {
            try
            {
                await requests.RunAsync<int>(Patch, (_, _) => Answer(status), Cancellation);
            }
            catch (KubernetesApiException e)
            {
                errors.Add(e);
            }
        }

        errors.Should().HaveCount(Answers.Count);
        errors.Should().OnlyContain(e => e.InnerException == null, "the client's exception carries the request's headers");
        errors.Select(e => e.ToString()).Concat(logs.Lines.Select(l => l.Text)).Should().NotContain(text => text.Contains(Token));
    }

    [Fact]
    public async Task RunAsync_PassingFailure_IsRepeatedWithGrowingPauses()
    {
        KubeRequests requests = Create();

        int result = await requests.RunAsync(Patch, (_, _) => sent < 3 ? Answer(HttpStatusCode.ServiceUnavailable) : Succeed(), Cancellation);

        result.Should().Be(7);
        sent.Should().Be(4);
        time.Pauses.Should().HaveCount(3).And.OnlyContain(p => p > TimeSpan.Zero && p <= TimeSpan.FromSeconds(10));
        logs.Of(2002).Should().HaveCount(3).And.OnlyContain(line => line.Contains("patch deployments.apps/my-dask-worker in namespace prod"));
    }

    [Fact]
    public async Task RunAsync_DroppedConnection_IsRepeated()
    {
        KubeRequests requests = Create();

        int result = await requests.RunAsync(
            Patch, (_, _) => sent == 0 ? Fail(new HttpRequestException("reset")) : sent == 1 ? Fail(new IOException("broken pipe")) : Succeed(), Cancellation);

        result.Should().Be(7);
        sent.Should().Be(3);
    }

    [Theory]
    [InlineData("3", 3)]
    [InlineData("Wed, 25 Nov 2026 12:00:05 GMT", 5)]
    public async Task RunAsync_RetryAfter_IsWaitedFor(string header, int seconds)
    {
        KubeRequests requests = Create();

        await requests.RunAsync(Patch, (_, _) => sent == 0 ? Answer(HttpStatusCode.TooManyRequests, header) : Succeed(), Cancellation);

        time.Pauses.Should().Equal(TimeSpan.FromSeconds(seconds));
    }

    [Theory]
    [InlineData("60")]
    [InlineData("Wed, 25 Nov 2026 13:00:00 GMT")]
    public async Task RunAsync_RetryAfterBeyondTheLongestPause_EndsTheRetries(string header)
    {
        KubeRequests requests = Create();

        Func<Task> run = () => requests.RunAsync<int>(Patch, (_, _) => Answer(HttpStatusCode.TooManyRequests, header), Cancellation);

        await run.Should().ThrowAsync<KubernetesThrottledException>();
        sent.Should().Be(1);
    }

    [Fact]
    public async Task RunAsync_RetriesSwitchedOff_SendsOnce()
    {
        KubeRequests requests = Create(new RetryOptions { MaxAttempts = 1 });

        Func<Task> run = () => requests.RunAsync<int>(Patch, (_, _) => Answer(HttpStatusCode.ServiceUnavailable), Cancellation);

        await run.Should().ThrowAsync<KubernetesServerException>();
        sent.Should().Be(1);
    }

    [Fact]
    public async Task RunOnceAsync_PassingFailure_IsNotRepeated()
    {
        KubeRequests requests = Create();

        Func<Task> run = () => requests.RunOnceAsync<int>(Patch, (_, _) => Answer(HttpStatusCode.ServiceUnavailable), Cancellation);

        await run.Should().ThrowAsync<KubernetesServerException>();
        sent.Should().Be(1);
    }

    [Fact]
    public async Task RunAsync_NoAnswerWithinTheLimit_SaysSoOnce()
    {
        KubeRequests requests = Create(limit: TimeSpan.FromSeconds(2));

        Func<Task> run = () => requests.RunAsync<int>(
            Patch,
            async (_, ct) =>
            {
                sent++;
                await Task.Delay(Timeout.InfiniteTimeSpan, ct);
                return 0;
            },
            Cancellation);

        (await run.Should().ThrowAsync<KubernetesTimeoutException>()).WithMessage("*https://127.0.0.1:1*within 2 s*RequestTimeout*");
        sent.Should().Be(1);
    }

    [Fact]
    public async Task RunAsync_Cancelled_PassesUntouched()
    {
        KubeRequests requests = Create();
        using CancellationTokenSource stop = new();

        Func<Task> run = () => requests.RunAsync<int>(
            Patch,
            async (_, ct) =>
            {
                await stop.CancelAsync();
                ct.ThrowIfCancellationRequested();
                return 0;
            },
            stop.Token);

        await run.Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task RunAsync_AnswerThatIsNoJson_SaysThatItIsNoKubernetes()
    {
        KubeRequests requests = Create();

        Func<Task> run = () => requests.RunAsync<int>(Patch, (_, _) => Fail(new JsonException($"'<' is an invalid start: <html>{Token}")), Cancellation);

        (await run.Should().ThrowAsync<KubernetesServerException>()).WithMessage("*not a Kubernetes API server*login page*").Which.ToString().Should().NotContain(Token);
    }

    private KubeRequests Create(RetryOptions? retry = null, TimeSpan? limit = null) => new(
        new KubeConnection(new k8s.Kubernetes(new KubernetesClientConfiguration { Host = "https://127.0.0.1:1" }), "prod", "test"),
        retry ?? new RetryOptions(),
        limit ?? TimeSpan.FromSeconds(30),
        time,
        logs.CreateLogger("test"));

    private Task<int> Succeed()
    {
        sent++;
        return Task.FromResult(7);
    }

    private Task<int> Fail(Exception error)
    {
        sent++;
        return Task.FromException<int>(error);
    }

    private Task<int> Answer(HttpStatusCode status, string? retryAfter = null)
    {
        sent++;
        using HttpRequestMessage request = new(HttpMethod.Patch, "https://127.0.0.1:1/");
        request.Headers.Authorization = new("Bearer", Token);
        HttpResponseMessage response = new(status);
        if (retryAfter is not null)
        {
            response.Headers.TryAddWithoutValidation("Retry-After", retryAfter);
        }

        return Task.FromException<int>(new HttpOperationException("refused")
        {
            Request = new HttpRequestMessageWrapper(request, ""),
            Response = new HttpResponseMessageWrapper(response, """{"kind":"Status","message":"as the server words it"}"""),
        });
    }
}
