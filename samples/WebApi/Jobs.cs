using DaskK8s;

using Microsoft.AspNetCore.Http.HttpResults;

namespace WebApi;

/// <summary>Jobs that outlive this process: what is published stays on the scheduler, and whoever knows a job's name finds it, after a restart too.</summary>
internal static class Jobs
{
    private const string Prefix = "webapi-job-";

    /// <summary>Begins a job, publishes it, and lets go of it.</summary>
    // snippet: webapi-job
    public static async Task<Results<Accepted, ValidationProblem>> StartAsync(int count, IDaskCluster dask, CancellationToken cancellationToken)
    {
        if (Squares.CheckCount(count) is { } problem)
        {
            return problem;
        }

        string id = Guid.NewGuid().ToString("N");
        IDaskClient client = await dask.GetClientAsync(cancellationToken);
        using DaskFutureList<long> squares = await client.MapAsync<long>(Squares.Square, Enumerable.Range(1, count), cancellationToken: cancellationToken);
        await client.PublishAsync(Prefix + id, squares, cancellationToken: cancellationToken);
        return TypedResults.Accepted($"/jobs/{id}");
    }
    // end snippet

    /// <summary>Lists the jobs that there are.</summary>
    public static async Task<Ok<string[]>> ListAsync(IDaskCluster dask, CancellationToken cancellationToken)
    {
        IDaskClient client = await dask.GetClientAsync(cancellationToken);
        IReadOnlyList<string> names = await client.ListPublishedAsync(cancellationToken);
        return TypedResults.Ok<string[]>([.. names.Where(static n => n.StartsWith(Prefix, StringComparison.Ordinal)).Select(static n => n[Prefix.Length..])]);
    }

    /// <summary>Tells how far a job is: 202 while it runs, 200 with the sum when it is done.</summary>
    public static async Task<Results<Ok<Step>, Accepted<Step>, NotFound>> GetAsync(string id, IDaskCluster dask, CancellationToken cancellationToken)
    {
        IDaskClient client = await dask.GetClientAsync(cancellationToken);
        try
        {
            using DaskFutureList<long> squares = await client.FindAsync<long>(Prefix + id, cancellationToken);
            DaskFuture<long>[] ended = [.. squares.Where(static s => s.Status != DaskFutureStatus.Pending)];
            long[] results = [.. await client.GatherAsync(ended, cancellationToken: cancellationToken)];
            Step step = new(results.Length, squares.Count, results.Sum());
            return step.Done == step.Total ? TypedResults.Ok(step) : TypedResults.Accepted($"/jobs/{id}", step);
        }
        catch (DaskDatasetException)
        {
            return TypedResults.NotFound();
        }
    }

    /// <summary>Forgets a job and its results.</summary>
    public static async Task<Results<NoContent, NotFound>> DeleteAsync(string id, IDaskCluster dask, CancellationToken cancellationToken)
    {
        IDaskClient client = await dask.GetClientAsync(cancellationToken);
        return await client.UnpublishAsync(Prefix + id, cancellationToken) ? TypedResults.NoContent() : TypedResults.NotFound();
    }
}
