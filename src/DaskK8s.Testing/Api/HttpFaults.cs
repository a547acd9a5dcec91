using DaskK8s.Testing.Storage;

using Microsoft.AspNetCore.Http;

namespace DaskK8s.Testing.Api;

/// <summary>The active request faults.</summary>
internal sealed class HttpFaults
{
    private readonly Lock _gate = new();
    private readonly List<Entry> _entries = [];

    public IDisposable Add(HttpFault fault)
    {
        Entry entry = new(fault, this);
        lock (_gate)
        {
            _entries.Add(entry);
        }

        return entry;
    }

    /// <summary>Applies the active faults to a request; true if a fault has answered it.</summary>
    public async Task<bool> ApplyAsync(HttpContext context, EmbeddedRequest request)
    {
        foreach (HttpFault fault in Hits(request))
        {
            if (fault.Delay > TimeSpan.Zero)
            {
                await Task.Delay(fault.Delay, context.RequestAborted).ConfigureAwait(false);
            }

            if (fault.Body is { } body)
            {
                context.Response.StatusCode = fault.Status ?? 200;
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
                return true;
            }

            if (fault.Status is { } status)
            {
                throw StatusOf(status, fault.RetryAfter);
            }

            if (fault.ResetAfter == 0)
            {
                context.Abort();
                return true;
            }

            if (fault.ResetAfter is { } bytes)
            {
                context.Response.Body = new CuttingStream(context.Response.Body, bytes, _ =>
                {
                    context.Abort();
                    return Task.CompletedTask;
                });
            }

            if (fault.StallAfter is { } until)
            {
                context.Response.Body = new CuttingStream(
                    context.Response.Body, until, _ => Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted));
            }
        }

        return false;
    }

    private static ApiException StatusOf(int status, int? retryAfter) => status switch
    {
        401 => ApiException.Unauthorized(),
        403 => new ApiException(403, "Forbidden", "forbidden: an injected fault"),
        404 => ApiException.PathNotFound(),
        409 => new ApiException(409, "Conflict", "Operation cannot be fulfilled: an injected fault"),
        410 => ApiException.Expired("The resourceVersion for the provided watch is too old."),
        429 => new ApiException(429, "TooManyRequests", "The server has received too many requests and has asked us to try again later") { RetryAfterSeconds = retryAfter ?? 1 },
        503 => new ApiException(503, "ServiceUnavailable", "the server is currently unable to handle the request") { RetryAfterSeconds = retryAfter },
        504 => new ApiException(504, "Timeout", "the server was unable to return a response in the time allotted, but may still be processing the request"),
        _ => new ApiException(status, "InternalError", "Internal error occurred: an injected fault") { RetryAfterSeconds = retryAfter },
    };

    private List<HttpFault> Hits(EmbeddedRequest request)
    {
        lock (_gate)
        {
            return [.. _entries.ToList().Where(entry => entry.Hit(request)).Select(entry => entry.Fault)];
        }
    }

    private void Remove(Entry entry)
    {
        lock (_gate)
        {
            _entries.Remove(entry);
        }
    }

    private sealed class Entry(HttpFault fault, HttpFaults owner) : IDisposable
    {
        private int _seen;

        public HttpFault Fault { get; } = fault;

        public bool Hit(EmbeddedRequest request)
        {
            bool matches = (Fault.Verb is null || Fault.Verb == request.Verb)
                && (Fault.Resource is null || Fault.Resource == request.Resource)
                && (Fault.Where is null || Fault.Where(request));
            if (!matches)
            {
                return false;
            }

            int number = _seen++;
            return number >= Fault.Skip && (Fault.Times is null || number < Fault.Skip + Fault.Times);
        }

        public void Dispose() => owner.Remove(this);
    }
}
