#!/usr/bin/env dotnet
#:project ../src/DaskK8s/DaskK8s.csproj
#:project ../src/DaskK8s.Testing/DaskK8s.Testing.csproj
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false

// The walk of samples/notebooks/quickstart.ipynb as one file: dotnet run samples/quickstart.cs
// It brings its own Kubernetes and needs a Python that can import distributed and pandas (samples/prerequisites.sh; DASKK8S_PYTHON names it).
using System.Globalization;
using System.Text;

using DaskK8s;
using DaskK8s.Testing;

// A Kubernetes API server in this process, with a release in it: three default workers, and one that offers a GPU.
await using EmbeddedCluster kubernetes = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { DaskProcesses = true });
using (k8s.Kubernetes api = kubernetes.CreateClient())
{
    await new DaskRelease
    {
        Name = "my-dask",
        Workers = 3,
        Groups = [new DaskReleaseGroup { Name = "gpu-workers", Replicas = 1, DaskResources = "GPU=1", Limits = new Dictionary<string, string> { ["nvidia.com/gpu"] = "1" } }],
    }.InstallAsync(api);
}

// A real release is connected to in the same way, without the path.
await using HelmCluster cluster = await HelmCluster.ConnectAsync("my-dask", new HelmClusterOptions { KubeconfigPath = kubernetes.KubeconfigPath });
await cluster.WaitForWorkersAsync();
Console.WriteLine(cluster);

await cluster.ScaleAsync(5);
await cluster.WaitForWorkersAsync();
Console.WriteLine(cluster);

await cluster.ScaleAsync(2, "gpu-workers");
await cluster.WaitForWorkersAsync();
Console.WriteLine(cluster);

// Each trip's distance in miles, as a file of New York's taxi commission has it beside other columns.
byte[] csv = Encoding.UTF8.GetBytes("trip_distance\n" + string.Join('\n', Enumerable.Range(1, 1000).Select(i => (i % 97 / 10.0).ToString(CultureInfo.InvariantCulture))));
PythonFunction meanDistance = PythonFunction.FromSource(
    """
    def mean_distance(csv):
        import io
        import pandas
        from distributed import get_worker
        trips = pandas.read_csv(io.BytesIO(csv))
        return {"mean": float(trips["trip_distance"].mean()), "trips": len(trips), "worker": get_worker().address}
    """,
    "mean_distance");

await using DaskClient client = await cluster.GetClientAsync();
foreach (TaskOptions where in new[] { new TaskOptions { WorkerGroup = "worker" }, new TaskOptions { Resources = new Dictionary<string, double> { ["GPU"] = 1 } } })
{
    using DaskFuture<MeanDistance> future = await client.SubmitAsync<MeanDistance>(meanDistance, [csv], where);
    MeanDistance result = await future.ResultAsync();
    SchedulerInfo scheduler = await cluster.GetSchedulerInfoAsync();
    string? group = scheduler.Workers.Single(w => w.Address == result.Worker).Group;
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{result.Trips} trips, {result.Mean:0.000} miles on average, on a worker of group {group}"));
}

IReadOnlyDictionary<string, string> logs = await cluster.GetLogsAsync(new PodLogFilter { Component = PodComponent.Scheduler, TailLines = 3 });
Console.WriteLine(logs);

// As it was: the workers that leave hand over what they hold first.
await cluster.ScaleAsync(3);
await cluster.ScaleAsync(1, "gpu-workers");
await cluster.WaitForWorkersAsync();
Console.WriteLine(cluster);

internal sealed record MeanDistance(double Mean, long Trips, string Worker);
