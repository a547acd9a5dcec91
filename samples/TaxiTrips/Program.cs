using DaskK8s;
using DaskK8s.Testing;

using Samples;

using TaxiTrips;

// The mean distance of New York's yellow taxi trips in April 2020, once on the default workers and once on the workers that offer a
// GPU. The Python that the workers run is mean_distance.py; everything else, where it runs included, is C#.
if (SampleArguments.Parse(args, takesSource: true) is not { } arguments)
{
    await Console.Error.WriteLineAsync(
        "Usage: TaxiTrips [--release NAME [--namespace NAMESPACE] [--context CONTEXT]] [--source PATH|URL|generated]\n" +
        "Without --release it starts an embedded cluster with a release of its own, and reads a file that it generates.\n" +
        "With --release the workers read the public file of that month; --source names another that they can read, Parquet or CSV,\n" +
        "and 'generated' sends them the generated one.");
    return 2;
}

return await SampleRun.RunAsync(async cancellationToken =>
{
    await using EmbeddedCluster? embedded = arguments.Release is null ? await EmbeddedRelease.StartAsync(cancellationToken) : null;
    await using HelmCluster cluster = await arguments.ConnectAsync(embedded, cancellationToken);
    DirectoryInfo folder = Directory.CreateTempSubdirectory("taxi-trips-");
    try
    {
        TripSource source = TripSource.Choose(arguments.Source, embedded is null ? null : folder.FullName);
        return await Computation.RunAsync(cluster, source, cancellationToken);
    }
    finally
    {
        folder.Delete(recursive: true);
    }
});
