using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;

using DaskK8s.Common;
using DaskK8s.Kubernetes.Transport;

using k8s;
using k8s.Autorest;

using Microsoft.Extensions.Logging;

using Polly;
using Polly.Retry;

namespace DaskK8s.Kubernetes;

/// <summary>Sends calls with a time limit each, retries the idempotent ones, counts them and converts their errors.</summary>
internal sealed class KubeRequests
{
    private static readonly ResiliencePropertyKey<KubernetesApiCall> CallKey = new("call");

    private readonly TimeSpan _requestTimeout;
    private readonly TimeProvider _timeProvider;
    private readonly ResiliencePipeline _retries;
    private readonly ConcurrentDictionary<KubernetesApiCall, byte> _refusedWatches = new();

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

    /// <summary>Gets the watches that the API server denies for lack of a permission; their collections are polled, so changes are seen late.</summary>
    public IEnumerable<KubernetesApiCall> RefusedWatches => _refusedWatches.Keys;

    /// <summary>Records whether a watch is denied, and logs when this begins.</summary>
    /// <param name="watch">The watch.</param>
    /// <param name="error">The error that ended it, or null when it works.</param>
    public void NoteWatch(KubernetesApiCall watch, KubernetesApiException? error)
    {
        if (error is null)
        {
            _refusedWatches.TryRemove(watch, out _);
        }
        else if (error is KubernetesForbiddenException && _refusedWatches.TryAdd(watch, 0))
        {
            KubeApiLog.WatchRefused(Logger, error.Message);
        }
    }

    /// <summary>Runs a call that can be retried: a read, or a patch that sets a value.</summary>
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

    /// <summary>Runs a call once, without retries.</summary>
    public async Task<T> RunOnceAsync<T>(KubernetesApiCall call, Func<IKubernetes, CancellationToken, Task<T>> send, CancellationToken cancellationToken)
    {
        Connection.Lifetime.ThrowIfEnded();
        using TimeLimit limit = new(_requestTimeout, _timeProvider, cancellationToken, Connection.Lifetime.Token);
        long start = _timeProvider.GetTimestamp();
        string status = "error";
        try
        {
            T result = await limit.WaitAsync(send(Connection.Client, limit.Token)).ConfigureAwait(false);

            // A deletion is answered by the object, or by a Status where it is gone at once.
            if (call.Verb != "delete" && !KubeAnswers.IsUsable(result))
            {
                throw KubeErrors.NotKubernetes(call, Connection.BaseUri);
            }

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
        catch (Exception e) when (limit.Ended && e is not ObjectDisposedException)
        {
            throw new ObjectDisposedException(typeof(KubeConnection).FullName);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw KubeErrors.TimedOut(call, _requestTimeout, Connection.BaseUri);
        }
        catch (KubeBodyTooLargeException e)
        {
            throw KubeErrors.TooLarge(call, e.Limit, Connection.BaseUri);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException)
        {
            throw KubeErrors.Unreachable(e, call, Connection.BaseUri);
        }
        catch (Exception e) when (IsUnreadable(e))
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

    /// <summary>Determines whether an exception means that the response body was not the expected one.</summary>
    internal static bool IsUnreadable(Exception e) => e is JsonException or FormatException or InvalidOperationException or NotSupportedException
        or NullReferenceException or KeyNotFoundException or InvalidCastException or OverflowException or InvalidDataException
        && e is not ObjectDisposedException;

    /// <summary>A timeout of our own is not retried: it has already taken long enough, whereas a 504 came from a server that responds.</summary>
    private static bool IsTransient(Exception? exception) => exception
        is KubernetesThrottledException or KubernetesServerException { StatusCode: not 200 } or KubernetesUnreachableException or KubernetesTimeoutException { StatusCode: not null };
}
