using System.Globalization;

using DaskK8s;

// Is what a script would be: connects, scales, prints, ends. The benchmark "connect" publishes it and measures the whole process.
if (args is not [string kubeconfig, string @namespace, string release, string group, string replicas])
{
    await Console.Error.WriteLineAsync("Usage: DaskK8s.Benchmarks.Process KUBECONFIG NAMESPACE RELEASE GROUP REPLICAS");
    return 2;
}

try
{
    await using HelmCluster cluster = await HelmCluster.ConnectAsync(release, new HelmClusterOptions { KubeconfigPath = kubeconfig, Namespace = @namespace });
    ScaleResult result = await cluster.ScaleAsync(int.Parse(replicas, CultureInfo.InvariantCulture), group);
    Console.WriteLine(cluster);
    Console.WriteLine($"{result.WorkerGroup}: {result.Before} -> {result.After}");
    return 0;
}
catch (DaskK8sException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}
