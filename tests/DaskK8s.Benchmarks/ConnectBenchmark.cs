using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;

using k8s;
using k8s.Models;

namespace DaskK8s.Benchmarks;

/// <summary>Compares connecting and scaling with <c>kubectl</c>, in turn on the same release: the verb <c>connect</c>.</summary>
internal static class ConnectBenchmark
{
    private const string Usage =
        "Usage: connect --kubeconfig FILE --release NAME [--namespace NAMESPACE] [--json OUT] [--pairs 9, at least 7] [--kubectl kubectl] [--only connect,requests,scale,process]";

    private const string Ours = "ours/theirs";
    private const int FewestPairs = 7;

    public static async Task<int> RunAsync(string[] args)
    {
        Arguments arguments = new(args);
        if (arguments.Find("kubeconfig") is not { } path || arguments.Find("release") is not { } release)
        {
            await Console.Error.WriteLineAsync(Usage);
            return 2;
        }

        string kubeconfig = Path.GetFullPath(path);
        int pairs = Math.Max(arguments.Number("pairs", 9), FewestPairs);
        string[] only = arguments.Find("only")?.Split(',') ?? ["connect", "requests", "scale", "process"];
        HelmClusterOptions options = new() { KubeconfigPath = kubeconfig, Namespace = arguments.Find("namespace") };
        List<Comparison> results = [];

        // This first call of the process is the one that does not count.
        await using (HelmCluster known = await HelmCluster.ConnectAsync(release, options))
        {
            Kubectl kubectl = new(arguments.Find("kubectl") ?? "kubectl", kubeconfig, known.Namespace);
            (string service, int port) = await FindServiceAsync(kubeconfig, known);
            if (only.Contains("connect"))
            {
                results.Add(await CompareAsync("connect", pairs, () => ConnectAsync(release, options), () => kubectl.ForwardToFirstByteAsync(service, port)));
            }

            if (only.Contains("requests"))
            {
                results.Add(await CompareRequestsAsync(pairs, release, options, kubectl, service, port));
            }

            if (only.Contains("scale"))
            {
                results.Add(await CompareScaleAsync(pairs, kubeconfig, known));
            }

            if (only.Contains("process"))
            {
                results.Add(await CompareProcessAsync(pairs, kubeconfig, known, kubectl, service, port));
            }
        }

        await Report.WriteAsync(results, arguments.Find("json"));
        return 0;
    }

    /// <summary>Times what the caller waits for: release, groups and the scheduler's state are known when it returns.</summary>
    private static async Task<TimeSpan> ConnectAsync(string release, HelmClusterOptions options)
    {
        long start = Stopwatch.GetTimestamp();
        await using HelmCluster cluster = await HelmCluster.ConnectAsync(release, options);
        TimeSpan time = Stopwatch.GetElapsedTime(start);
        return cluster.SchedulerInfo is not null && cluster.WorkerGroups.Count > 0 && cluster.SchedulerForward is not null
            ? time
            : throw new InvalidOperationException($"Not all is known of {release}, or it was not reached by a forward: {string.Join(' ', cluster.Limitations)}");
    }

    private static async Task<Comparison> CompareRequestsAsync(
        int pairs, string release, HelmClusterOptions options, Kubectl kubectl, string service, int port)
    {
        double[] ours = new double[pairs];
        double[] theirs = new double[pairs];
        for (int i = 0; i < pairs; i++)
        {
            using RequestCounter counter = new();
            await using HelmCluster cluster = await HelmCluster.ConnectAsync(release, options);
            ours[i] = counter.Count;
            theirs[i] = await kubectl.CountForwardRequestsAsync(service, port);
        }

        return new Comparison("requests", "requests", Ours, ours, theirs);
    }

    /// <summary>Sends the same patch both ways; it sets the number that is there, so that what is timed is the call and not the cluster's work.</summary>
    private static async Task<Comparison> CompareScaleAsync(int pairs, string kubeconfig, HelmCluster cluster)
    {
        WorkerGroup group = cluster.WorkerGroups[0];
        using k8s.Kubernetes raw = new(KubernetesClientConfiguration.BuildConfigFromConfigFile(kubeconfig));
        Uri uri = new(raw.BaseUri, $"apis/apps/v1/namespaces/{cluster.Namespace}/deployments/{group.DeploymentName}?fieldManager=daskk8s");
        string body = $$"""[{"op":"test","path":"/spec/replicas","value":{{group.Desired}}},{"op":"replace","path":"/spec/replicas","value":{{group.Desired}}}]""";
        return await CompareAsync(
            "scale",
            pairs * 3, // They are short, and their medians wander more.
            async () => (await cluster.ScaleAsync(group.Desired, group.Name)).AcceptedAfter,
            async () =>
            {
                long start = Stopwatch.GetTimestamp();
                using HttpRequestMessage request = new(HttpMethod.Patch, uri) { Version = new Version(2, 0) };
                request.Content = new StringContent(body, new MediaTypeHeaderValue("application/json-patch+json"));
                await (raw.Credentials?.ProcessHttpRequestAsync(request, CancellationToken.None) ?? Task.CompletedTask);
                using HttpResponseMessage response = await raw.HttpClient.SendAsync(request);
                response.EnsureSuccessStatusCode();
                await response.Content.ReadAsByteArrayAsync();
                return Stopwatch.GetElapsedTime(start);
            });
    }

    private static async Task<Comparison> CompareProcessAsync(int pairs, string kubeconfig, HelmCluster cluster, Kubectl kubectl, string service, int port)
    {
        WorkerGroup group = cluster.WorkerGroups[0];
        using PublishedProcess program = await PublishedProcess.PublishAsync();
        string[] arguments = [kubeconfig, cluster.Namespace, cluster.Release.Name, group.Name, group.Desired.ToString(CultureInfo.InvariantCulture)];
        return await CompareAsync(
            "process",
            pairs,
            () => program.RunAsync(arguments),
            async () =>
            {
                long start = Stopwatch.GetTimestamp();
                await kubectl.ScaleAsync(group.DeploymentName, group.Desired);
                TimeSpan scaled = Stopwatch.GetElapsedTime(start);
                return scaled + await kubectl.ForwardToFirstByteAsync(service, port);
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
        using k8s.Kubernetes client = new(KubernetesClientConfiguration.BuildConfigFromConfigFile(kubeconfig));
        V1ServiceList services = await client.CoreV1.ListNamespacedServiceAsync(
            cluster.Namespace, labelSelector: $"release={cluster.Release.Name},component=scheduler");
        return (services.Items[0].Metadata.Name, services.Items[0].Spec.Ports[0].Port);
    }
}
