using System.Runtime.CompilerServices;

using DaskK8s;

using Microsoft.AspNetCore.Http.HttpResults;

namespace WebApi;

/// <summary>The work of this API: squares, computed by Python on the workers.</summary>
internal static class Squares
{
    private const int MaxCount = 1000;

    /// <summary>The function that the workers run.</summary>
    public static readonly PythonFunction Square = PythonFunction.FromSource(
        """
        def square(number):
            return number * number
        """,
        "square");

    /// <summary>Runs one task for a request.</summary>
    // snippet: webapi-request
    public static async Task<Ok<long>> ComputeAsync(long number, IDaskCluster dask, CancellationToken cancellationToken)
    {
        IDaskClient client = await dask.GetClientAsync(cancellationToken);
        using DaskFuture<long> square = await client.SubmitAsync<long>(Square, [number], cancellationToken: cancellationToken);
        return TypedResults.Ok(await square.ResultAsync(TimeSpan.FromSeconds(30), cancellationToken));
    }
    // end snippet

    /// <summary>Runs many tasks for a request, and streams how far they are as server-sent events.</summary>
    public static async Task<Results<ServerSentEventsResult<Step>, ValidationProblem>> SumAsync(int count, IDaskCluster dask, CancellationToken cancellationToken)
    {
        if (CheckCount(count) is { } problem)
        {
            return problem;
        }

        // Before the answer begins, so that a cluster that is away can still be answered with 503.
        IDaskClient client = await dask.GetClientAsync(cancellationToken);
        DaskFutureList<long> squares = await client.MapAsync<long>(Square, Enumerable.Range(1, count), cancellationToken: cancellationToken);
        return TypedResults.ServerSentEvents(StepsAsync(client, squares, cancellationToken), "step");
    }

    /// <summary>Checks how many squares are asked for.</summary>
    /// <returns>What is wrong; null where nothing is.</returns>
    public static ValidationProblem? CheckCount(int count) => count is >= 1 and <= MaxCount
        ? null
        : TypedResults.ValidationProblem(new Dictionary<string, string[]> { ["count"] = [$"A number from 1 to {MaxCount} is expected."] });

    private static async IAsyncEnumerable<Step> StepsAsync(
        IDaskClient client, DaskFutureList<long> squares, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Closing the page ends the request, which disposes the futures: the scheduler forgets what is left of the work.
        using DaskFutureList<long> ending = squares;
        int done = 0;
        long sum = 0;
        await foreach (DaskFuture<long> square in client.AsCompletedAsync(squares, cancellationToken))
        {
            sum += await square.ResultAsync(cancellationToken: cancellationToken);
            yield return new Step(++done, squares.Count, sum);
        }
    }
}
