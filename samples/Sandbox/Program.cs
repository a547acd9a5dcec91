using DaskK8s;
using DaskK8s.Testing;

using Samples;

using Sandbox;

// An embedded release that stays until Ctrl-C, for a first hour without a Kubernetes: it prints, ready to paste, how to reach it.
if (SandboxArguments.Parse(args) is not { } arguments)
{
    await Console.Error.WriteLineAsync(SandboxArguments.Usage);
    return 2;
}

return await SampleRun.RunAsync(async cancellationToken =>
{
    await using EmbeddedCluster kubernetes = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { DaskProcesses = true }, cancellationToken);
    DaskRelease release = arguments.ToRelease();
    using (k8s.Kubernetes client = kubernetes.CreateClient())
    {
        await release.InstallAsync(client, cancellationToken);
    }

    await using (HelmCluster cluster = await HelmCluster.ConnectAsync(release.Name, new HelmClusterOptions { KubeconfigPath = kubernetes.KubeconfigPath }, cancellationToken))
    {
        await cluster.WaitForWorkersAsync(cancellationToken: cancellationToken);
    }

    Console.WriteLine(Instructions.For(release.Name, kubernetes.KubeconfigPath));
    try
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }
    catch (OperationCanceledException)
    {
        Console.WriteLine("Stopped: the release, its processes and its kubeconfig are gone.");
    }

    return 0;
});
