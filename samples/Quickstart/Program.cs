using DaskK8s;
using DaskK8s.Testing;

using Quickstart;

// The walk of the mission: connect to a release, see its workers, scale two groups, read the scheduler's log, put everything back.
// Without arguments it runs on a cluster of its own, embedded in this process, with real Dask processes.
if (!Arguments.TryParse(args, out Arguments arguments))
{
    await Console.Error.WriteLineAsync(Arguments.Usage);
    return 2;
}

using CancellationTokenSource stop = new();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};

try
{
    await using EmbeddedCluster? embedded = arguments.Release is null ? await Embedded.StartAsync(stop.Token) : null;
    HelmClusterOptions options = new()
    {
        KubeconfigPath = embedded?.KubeconfigPath,
        Namespace = arguments.Namespace,
        Context = arguments.Context,
    };
    await using HelmCluster cluster = await HelmCluster.ConnectAsync(arguments.Release ?? Embedded.ReleaseName, options, stop.Token);
    await Walk.RunAsync(cluster, stop.Token);
    return 0;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    await Console.Error.WriteLineAsync("Stopped; what was started here is closed again.");
    return 130;
}
catch (DaskK8sException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}
catch (DaskNotFoundException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}
