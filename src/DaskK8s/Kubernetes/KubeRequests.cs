using System.Globalization;
using System.Text.Json;

using DaskK8s.Common;

using k8s;
using k8s.Autorest;

using Microsoft.Extensions.Logging;

using Polly;
using Polly.Retry;

namespace DaskK8s.Kubernetes;

/// <summary>Sends calls with a time limit each, repeats the idempotent ones, counts them and translates their errors.</summary>
internal sealed class KubeRequests
{
    private static readonly ResiliencePropertyKey<KubernetesApiCall> CallKey = new("call");

    private readonly TimeSpan _requestTimeout;
    private readonly TimeProvider _timeProvider;
    private readonly ResiliencePipeline _retries;

    public KubeRequests(KubeConnection connection, RetryOptions retry, TimeSpan requestTimeout, TimeProvider timeProvider, ILogger logger)
    {
        Connection = connection;
        Logger = logger;
        _requestTimeout = requestTimeout;
        _timeProvider = timeProvider;
        _retries = BuildRetries(retry, timeProvider, logger);
    }

    public KubeConnection Connection { get; }

    public ILogger Logger { get; }

    public TimeProvider TimeProvider => _timeProvider;

    /// <summary>Makes a call that may be repeated: reads, and patches that set a value.</summary>
    public async Task<T> RunAsync<T>(KubernetesApiCall call, Func<IKubernetes, CancellationToken, Task<T>> send, CancellationToken cancellationToken)
    {
        ResilienceContext context = ResilienceContextPool.Shared.Get(cancellationToken);
        context.Properties.Set(CallKey, call);
        try
        {
            return await _retries.ExecuteAsync(
                static async (c, state) => await state.self.RunOnceAsync(state.call, state.send, c.CancellationToken).ConfigureAwait(false),
                context,
                (self: this, call, send)).ConfigureAwait(false);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    /// <summary>Makes a call once.</summary>
    public async Task<T> RunOnceAsync<T>(KubernetesApiCall call, Func<IKubernetes, CancellationToken, Task<T>> send, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = new(_requestTimeout, _timeProvider);
        using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        long start = _timeProvider.GetTimestamp();
        string status = "error";
        try
        {
            T result = await send(Connection.Client, linked.Token).ConfigureAwait(false);
            status = "200";
            KubeApiLog.Answered(Logger, call, _timeProvider.GetElapsedTime(start).TotalMilliseconds);
            return result;
        }
        catch (HttpOperationException e)
        {
            status = ((int)e.Response.StatusCode).ToString(CultureInfo.InvariantCulture);
            KubernetesApiException error = KubeErrors.From(e, call);
            RetryAfter.Note(error, e.Response.Headers);
            throw error;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw KubeErrors.TimedOut(call, _requestTimeout, Connection.BaseUri);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw KubeErrors.Unreachable(e, call, Connection.BaseUri);
        }
        catch (JsonException)
        {
            // The parser's own message can quote what it read.
            throw KubeErrors.NotKubernetes(call, Connection.BaseUri);
        }
        finally
        {
            Telemetry.Requests.Add(1, new("verb", call.Verb), new("resource", call.Resource), new("status", status));
        }
    }

    private static ResiliencePipeline BuildRetries(RetryOptions retry, TimeProvider timeProvider, ILogger logger)
    {
        if (retry.MaxAttempts == 1)
        {
            return ResiliencePipeline.Empty;
        }

        RetryStrategyOptions strategy = new()
        {
            MaxRetryAttempts = retry.MaxAttempts - 1,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = retry.BaseDelay,
            MaxDelay = retry.MaxDelay,
            ShouldHandle = args => ValueTask.FromResult(
                IsTransient(args.Outcome.Exception) && !(RetryAfter.Of(args.Outcome.Exception, timeProvider) > retry.MaxDelay)),
            DelayGenerator = args => ValueTask.FromResult(RetryAfter.Of(args.Outcome.Exception, timeProvider)),
            OnRetry = args =>
            {
                if (args.Context.Properties.TryGetValue(CallKey, out KubernetesApiCall? call))
                {
                    KubeApiLog.Repeated(logger, call, args.AttemptNumber + 2, args.Outcome.Exception?.GetType().Name ?? "", args.RetryDelay);
                    Telemetry.Retries.Add(1, new("verb", call.Verb), new("resource", call.Resource));
                }

                return ValueTask.CompletedTask;
            },
        };
        return new ResiliencePipelineBuilder { TimeProvider = timeProvider }.AddRetry(strategy).Build();
    }

    /// <summary>A time limit of our own is not repeated: it has cost enough already, while a 504 came from a server that answers.</summary>
    private static bool IsTransient(Exception? exception) => exception
        is KubernetesThrottledException or KubernetesServerException or KubernetesUnreachableException or KubernetesTimeoutException { StatusCode: not null };
}
