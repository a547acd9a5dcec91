using System.Globalization;

using DaskK8s;

using Microsoft.AspNetCore.Diagnostics;

namespace WebApi;

/// <summary>Answers 503 with the reason while the cluster is away, and 504 for a task that takes too long.</summary>
internal sealed class ClusterAwayHandler(IProblemDetailsService problems) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        int? status = exception switch
        {
            DaskClusterUnavailableException or SchedulerUnreachableException or SchedulerTimeoutException or DaskNoWorkerException or DaskTaskLostException
                => StatusCodes.Status503ServiceUnavailable,
            TimeoutException => StatusCodes.Status504GatewayTimeout,
            _ => null,
        };
        if (status is null)
        {
            return false;
        }

        if (exception is DaskClusterUnavailableException away)
        {
            httpContext.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(away.RetryAfter.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        httpContext.Response.StatusCode = status.Value;
        return await problems.TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = httpContext,
            Exception = exception,
            ProblemDetails = { Status = status, Title = "The Dask cluster cannot do this now.", Detail = exception.Message },
        });
    }
}
