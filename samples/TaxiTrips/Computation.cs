using System.Globalization;

using DaskK8s;

namespace TaxiTrips;

/// <summary>Computes the mean distance on the default workers and on those that offer a GPU, and says which did it.</summary>
internal static class Computation
{
    /// <summary>Sums of floats differ in their last digits with the order of the additions, and so between pandas and cuDF.</summary>
    private const double Tolerance = 1e-9;

    public static async Task<int> RunAsync(HelmCluster cluster, TripSource source, CancellationToken cancellationToken)
    {
        await cluster.WaitForWorkersAsync(cancellationToken: cancellationToken);
        Console.WriteLine(cluster);
        Console.WriteLine($"Mean distance of New York's yellow taxi trips in April 2020, from {source.Name}");

        TaskOptions onDefault = new() { WorkerGroup = cluster.WorkerGroups.Single(static g => g.IsDefault).Name };
        TaskOptions onGpu = new() { Resources = new Dictionary<string, double> { ["GPU"] = 1 } };
        await using DaskClient client = await cluster.GetClientAsync(cancellationToken);
        bool right = true;
        foreach ((string part, TaskOptions where) in new[] { ("default workers", onDefault), ("resources={\"GPU\": 1}", onGpu) })
        {
            using IDisposable annotation = client.Annotate(where);
            using DaskFuture<MeanDistance> future = await client.SubmitAsync<MeanDistance>(
                MeanDistance.Function, [source.Value], cancellationToken: cancellationToken);
            try
            {
                MeanDistance result = await future.ResultAsync(cancellationToken: cancellationToken);
                right &= await PrintAsync(cluster, part, result, source, cancellationToken);
            }
            catch (DaskTaskException e)
            {
                await Console.Error.WriteLineAsync(
                    $"{part}: the worker could not read {source.Name}: {e.PythonType}: {e.PythonMessage}\n" +
                    $"Name a file that the workers can read with --source, or send them a small one with --source {TripSource.Generated}.");
                return 1;
            }
        }

        return right ? 0 : 1;
    }

    private static async Task<bool> PrintAsync(
        HelmCluster cluster, string part, MeanDistance result, TripSource source, CancellationToken cancellationToken)
    {
        SchedulerInfo scheduler = await cluster.GetSchedulerInfoAsync(cancellationToken);
        WorkerInfo worker = scheduler.Workers.Single(w => w.Address == result.Worker);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{part}: {result.Mean:0.000000} miles over {result.Trips} trips, by {result.Library} on worker {worker.Name} of group {worker.Group}"));
        if (source.Exact is not { } exact)
        {
            return true;
        }

        bool right = result.Trips == source.Trips && Math.Abs(result.Mean - (double)exact) <= Tolerance * (double)exact;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"  {(right ? "agrees with" : "DIFFERS from")} the generator's exact mean {exact:0.000000} over {source.Trips} trips"));
        return right;
    }
}
