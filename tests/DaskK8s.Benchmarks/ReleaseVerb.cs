using System.Net;

using DaskK8s.Testing;

using k8s;
using k8s.Autorest;

namespace DaskK8s.Benchmarks;

/// <summary>
/// Installs the release that the contract tests use, through the API, and waits for its workers: the verb <c>release</c>. What it
/// leaves is there for the other verbs, and goes with the namespace or the cluster.
/// </summary>
internal static class ReleaseVerb
{
    public static async Task<int> RunAsync(string[] args)
    {
        Arguments arguments = new(args);
        if (arguments.Find("kubeconfig") is not { } kubeconfig)
        {
            await Console.Error.WriteLineAsync("Usage: release --kubeconfig FILE [--name my-dask] [--namespace default] [--image daskk8s.test/dask:2024.12.1]");
            return 2;
        }

        DaskRelease release = new()
        {
            Name = arguments.Find("name") ?? "my-dask",
            Namespace = arguments.Find("namespace") ?? "default",
            Image = arguments.Find("image") ?? "daskk8s.test/dask:2024.12.1",
            Workers = 3,
            Groups =
            [
                new DaskReleaseGroup { Name = "gpu-workers", Replicas = 1, DaskResources = "GPU=1", Limits = new Dictionary<string, string> { ["nvidia.com/gpu"] = "1" } },
                new DaskReleaseGroup { Name = "high-mem", Replicas = 1, DaskResources = "MEMORY=6e9" },
            ],
        };
        using (k8s.Kubernetes client = new(KubernetesClientConfiguration.BuildConfigFromConfigFile(kubeconfig)))
        {
            try
            {
                await release.InstallAsync(client);
            }
            catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.Conflict)
            {
                await Console.Error.WriteLineAsync($"Release '{release.Name}' is in namespace '{release.Namespace}' already; it is left as it is.");
            }
        }

        HelmClusterOptions options = new() { KubeconfigPath = kubeconfig, Namespace = release.Namespace, ConnectTimeout = TimeSpan.FromMinutes(5) };
        await using HelmCluster cluster = await HelmCluster.ConnectAsync(release.Name, options);
        await cluster.WaitForWorkersAsync();
        await cluster.GetSchedulerInfoAsync();
        Console.WriteLine(cluster);
        return 0;
    }
}
