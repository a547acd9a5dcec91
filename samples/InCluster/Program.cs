using DaskK8s;

// Runs in a pod beside the release: the service account is the identity, its namespace the default, the scheduler's Service is
// dialled directly. Manifest and Role: in-cluster.yaml.
string release = Environment.GetEnvironmentVariable("DASK_RELEASE") ?? "my-dask";
try
{
    await using HelmCluster cluster = await HelmCluster.ConnectAsync(release);
    Console.WriteLine(cluster);
    Console.WriteLine(cluster.SchedulerForward is null ? "reached directly" : "reached by a forward");
    foreach (WorkerGroup group in cluster.WorkerGroups)
    {
        Console.WriteLine(group);
    }

    foreach (ClusterLimitation limitation in cluster.Limitations)
    {
        Console.WriteLine($"not available: {limitation}");
    }

    return 0;
}
catch (DaskK8sException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}
