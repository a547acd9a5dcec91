using DaskK8s;
using DaskK8s.Testing;

using Quickstart;

using Samples;

// The walk of the mission: connect to a release, see its workers, scale two groups, read the scheduler's log, put everything back.
// Without arguments it runs on a cluster of its own, embedded in this process, with real Dask processes.
if (SampleArguments.Parse(args) is not { } arguments)
{
    await Console.Error.WriteLineAsync(
        "Usage: Quickstart [--release NAME [--namespace NAMESPACE] [--context CONTEXT]]\n" +
        "Without --release it starts an embedded cluster with a release of its own.");
    return 2;
}

return await SampleRun.RunAsync(async cancellationToken =>
{
    await using EmbeddedCluster? embedded = arguments.Release is null ? await EmbeddedRelease.StartAsync(cancellationToken) : null;
    await using HelmCluster cluster = await arguments.ConnectAsync(embedded, cancellationToken);
    await Walk.RunAsync(cluster, cancellationToken);
    return 0;
});
