using System.Globalization;

using Apache.Arrow;

using DaskK8s;

namespace TaxiTrips;

/// <summary>Computes the mean distance on the default workers and on those that offer a GPU, and says which did it.</summary>
internal static class Computation
{
    /// <summary>Sums of floats differ in their last digits with the order of the additions, and so between pandas and cuDF.</summary>
    private const double Tolerance = 1e-9;

    public static async Task<int> RunAsync(HelmCluster cluster, TripSource source, string? plot, CancellationToken cancellationToken)
    {
        await cluster.WaitForWorkersAsync(cancellationToken: cancellationToken);
        Console.WriteLine(cluster);
        Console.WriteLine($"Mean distance of New York's yellow taxi trips in April 2020, from {source.Name}");

        TaskOptions onDefault = new() { WorkerGroup = cluster.WorkerGroups.Single(static g => g.IsDefault).Name };
        TaskOptions onGpu = new() { Resources = new Dictionary<string, double> { ["GPU"] = 1 } };
        await using DaskClient client = await cluster.GetClientAsync(DaskTables.WithTables(null), cancellationToken);
        bool right = true;
        Dictionary<string, IReadOnlyList<DistanceByHour>> hours = [];
        foreach ((string part, TaskOptions where) in new[] { ("default workers", onDefault), ("resources={\"GPU\": 1}", onGpu) })
        {
            using IDisposable annotation = client.Annotate(where);
            using DaskFuture<MeanDistance> future = await client.SubmitAsync<MeanDistance>(
                MeanDistance.Function, [source.Value], cancellationToken: cancellationToken);
            try
            {
                MeanDistance result = await future.ResultAsync(cancellationToken: cancellationToken);
                right &= await PrintAsync(cluster, part, result, source, cancellationToken);
                using DaskFuture<Table> byHour = await client.SubmitAsync<Table>(MeanDistance.ByHour, [source.Value], cancellationToken: cancellationToken);
                IReadOnlyList<DistanceByHour> rows = hours[part] = DistanceByHour.Read(await byHour.ResultAsync(cancellationToken: cancellationToken));
                right &= Print(rows, source);
            }
            catch (DaskTaskException e)
            {
                await Console.Error.WriteLineAsync(
                    $"{part}: the worker could not read {source.Name}: {e.PythonType}: {e.PythonMessage}\n" +
                    $"Name a file that the workers can read with --source, or send them a small one with --source {TripSource.Generated}.");
                return 1;
            }
            catch (DaskResultException e)
            {
                // Tables need pyarrow on the workers; all else does not.
                Console.WriteLine($"  no means by hour: {e.Message}");
            }
        }

        if (plot is not null && hours.Count > 0)
        {
            await File.WriteAllTextAsync(plot, HourPlot.Draw(hours), cancellationToken);
            Console.WriteLine($"The means by hour are drawn in {plot}");
        }

        return right ? 0 : 1;
    }

    private static bool Print(IReadOnlyList<DistanceByHour> rows, TripSource source)
    {
        Console.WriteLine("  hour  miles  trips");
        foreach (DistanceByHour row in rows)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {row.Hour,4}  {row.Miles,5:0.00}  {row.Trips,5}"));
        }

        if (source.ExactByHour is not { } exact)
        {
            return true;
        }

        bool right = rows.Count == exact.Count && rows.All(r => Math.Abs(r.Miles - (double)exact[r.Hour]) <= Tolerance * (double)exact[r.Hour]);
        Console.WriteLine($"  {(right ? "agree with" : "DIFFER from")} the generator's exact means of {exact.Count} hours");
        return right;
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
