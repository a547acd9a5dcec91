using System.Diagnostics;
using System.Net.Http.Headers;

using k8s;

namespace DaskK8s.Benchmarks;

/// <summary>Compares connecting and scaling with <c>kubectl</c>: the verb <c>connect</c>.</summary>
internal static class ConnectBenchmark
{
    private const string Ours = "ours/theirs";

    public static async Task<int> RunAsync(string[] args)
    {
        Arguments arguments = new(args);
        string kubeconfig = Path.GetFullPath(arguments.Require("kubeconfig"));
        string release = arguments.Require("release");
        int pairs = Math.Max(arguments.Number("pairs", 9), 7);
        HelmClusterOptions options = new() { KubeconfigPath = kubeconfig, Namespace = arguments.Find("namespace") };
        await using HelmCluster known = await HelmCluster.ConnectAsync(release, options);
        Kubectl kubectl = new(arguments.Find("kubectl") ?? "kubectl", kubeconfig, known.Namespace);
        string service = (await FindServiceAsync(kubeconfig, known)).Name;

        List<Comparison> results =
        [
            await CompareAsync("connect", pairs, () => ConnectAsync(release, options), () => kubectl.ForwardToFirstByteAsync(service, 8786)),
            new Comparison("requests", "requests", Ours, [await CountRequestsAsync(release, kubeconfig, known.Namespace)], [await kubectl.CountForwardRequestsAsync(service, 8786)]),
            await CompareScaleAsync(pairs, kubeconfig, known),
        ];
        if (arguments.Find("process") is { } program)
        {
            results.Add(await CompareProcessAsync(pairs, program, kubeconfig, release, known, kubectl, service));
        }

        await Report.WriteAsync(results, arguments.Find("json"));
        return 0;
    }

    private static async Task<TimeSpan> ConnectAsync(string release, HelmClusterOptions options)
    {
        long start = Stopwatch.GetTimestamp();
        await using HelmCluster cluster = await HelmCluster.ConnectAsync(release, options);
        return Stopwatch.GetElapsedTime(start);
    }

    private static async Task<double> CountRequestsAsync(string release, string kubeconfig, string @namespace)
    {
        CountingHandler counter = new();
        using Kubernetes client = new(KubernetesClientConfiguration.BuildConfigFromConfigFile(kubeconfig), counter);
        await using HelmCluster cluster = await HelmCluster.ConnectAsync(release, new HelmClusterOptions { Kubernetes = client, Namespace = @namespace });
        return counter.Count;
    }

    /// <summary>Patches with the number that is there already, so that what is timed is the call and not the cluster's work.</summary>
    private static async Task<Comparison> CompareScaleAsync(int pairs, string kubeconfig, HelmCluster cluster)
    {
        WorkerGroup group = cluster.WorkerGroups[0];
        using Kubernetes raw = new(KubernetesClientConfiguration.BuildConfigFromConfigFile(kubeconfig));
        string path = $"apis/apps/v1/namespaces/{cluster.Namespace}/deployments/{group.DeploymentName}?fieldManager=daskk8s";
        string body = $"{{\"spec\":{{\"replicas\":{group.Desired}}}}}";
        return await CompareAsync(
            "scale",
            pairs * 3,
            async () =>
            {
                ScaleResult result = await cluster.ScaleAsync(group.Desired);
                return result.AcceptedAfter;
            },
            async () =>
            {
                long start = Stopwatch.GetTimestamp();
                using HttpRequestMessage request = new(HttpMethod.Patch, new Uri(raw.BaseUri, path)) { Version = new Version(2, 0) };
                request.Content = new StringContent(body, new MediaTypeHeaderValue("application/merge-patch+json"));
                await (raw.Credentials?.ProcessHttpRequestAsync(request, CancellationToken.None) ?? Task.CompletedTask);
                using HttpResponseMessage response = await raw.HttpClient.SendAsync(request);
                response.EnsureSuccessStatusCode();
                await response.Content.ReadAsByteArrayAsync();
                return Stopwatch.GetElapsedTime(start);
            });
    }

    private static Task<Comparison> CompareProcessAsync(
        int pairs, string program, string kubeconfig, string release, HelmCluster cluster, Kubectl kubectl, string service)
    {
        WorkerGroup group = cluster.WorkerGroups[0];
        return CompareAsync(
            "process",
            pairs,
            async () =>
            {
                long start = Stopwatch.GetTimestamp();
                using Process process = Process.Start(new ProcessStartInfo(program, [kubeconfig, release, cluster.Namespace, group.Desired.ToString()]) { RedirectStandardOutput = true })!;
                await process.StandardOutput.ReadToEndAsync();
                await process.WaitForExitAsync();
                return process.ExitCode == 0 ? Stopwatch.GetElapsedTime(start) : throw new InvalidOperationException($"{program} ended with {process.ExitCode}.");
            },
            async () =>
            {
                long start = Stopwatch.GetTimestamp();
                await kubectl.ScaleAsync(group.DeploymentName, group.Desired);
                await kubectl.ForwardToFirstByteAsync(service, 8786);
                return Stopwatch.GetElapsedTime(start);
            });
    }

    /// <summary>Runs both in turn, after one round that does not count.</summary>
    private static async Task<Comparison> CompareAsync(string name, int pairs, Func<Task<TimeSpan>> ours, Func<Task<TimeSpan>> theirs)
    {
        await ours();
        await theirs();
        double[] mine = new double[pairs];
        double[] rival = new double[pairs];
        for (int i = 0; i < pairs; i++)
        {
            mine[i] = (await ours()).TotalMilliseconds;
            rival[i] = (await theirs()).TotalMilliseconds;
        }

        return new Comparison(name, "ms", Ours, mine, rival);
    }

    private static async Task<(string Name, int Port)> FindServiceAsync(string kubeconfig, HelmCluster cluster)
    {
        using Kubernetes client = new(KubernetesClientConfiguration.BuildConfigFromConfigFile(kubeconfig));
        var services = await client.CoreV1.ListNamespacedServiceAsync(cluster.Namespace, labelSelector: $"release={cluster.Release.Name},component=scheduler");
        return (services.Items[0].Metadata.Name, services.Items[0].Spec.Ports[0].Port);
    }

    private sealed class CountingHandler : DelegatingHandler
    {
        private int _count;

        public int Count => _count;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _count);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
