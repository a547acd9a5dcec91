using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

using DaskK8s.Benchmarks.Tunnel;
using DaskK8s.Kubernetes;
using DaskK8s.Kubernetes.Config;

using k8s.Autorest;

namespace DaskK8s.Benchmarks;

/// <summary>Compares a forward with <c>kubectl port-forward</c> on a real cluster: the verb <c>tunnel</c>.</summary>
internal static class TunnelBenchmark
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static async Task<int> RunAsync(string[] args)
    {
        Arguments arguments = new(args);
        if (!args.Contains("--embedded") && arguments.Find("kubeconfig") is null)
        {
            await Console.Error.WriteLineAsync(
                "Usage: tunnel --kubeconfig FILE | --embedded [--json OUT] [--pairs 7] [--kubectl FILE] [--image IMAGE] [--transport Auto|SpdyOverWebSocket|Spdy|WebSocket] [--only download,upload,rtt,connect,parallel,memory]");
            return 2;
        }

        try
        {
            await using EmbeddedDataServer? embedded = args.Contains("--embedded") ? await EmbeddedDataServer.StartAsync() : null;
            await CompareAsync(arguments, Path.GetFullPath(embedded?.Kubeconfig ?? arguments.Require("kubeconfig")), embedded?.Direct);
            return 0;
        }
        catch (Exception e) when (e is DaskK8sException or InvalidOperationException or HttpRequestException or HttpOperationException or IOException or System.ComponentModel.Win32Exception)
        {
            await Console.Error.WriteLineAsync($"The benchmark could not run: {(e as HttpOperationException)?.Response.Content ?? e.Message}");
            return 1;
        }
    }

    private static async Task CompareAsync(Arguments arguments, string kubeconfig, IPEndPoint? embedded)
    {
        if (!File.Exists(kubeconfig))
        {
            throw new InvalidOperationException($"There is no kubeconfig {kubeconfig}.");
        }

        int pairs = Math.Max(1, arguments.Number("pairs", 7));
        string kubectl = KubectlFinder.Find(arguments.Find("kubectl"));
        Console.WriteLine($"Compares with {kubectl}: {await KubectlFinder.VersionAsync(kubectl)}");
        using KubeConnection connection = await KubeConnectionFactory.OpenAsync(new KubeConfigOptions { KubeconfigPath = kubeconfig }, CancellationToken.None);
        await using DataPod pod = await DataPod.StartAsync(connection, embedded is null ? arguments.Find("image") : "none", embedded);
        using Way ours = new(WayKind.Ours, () => ForwardProcess.StartOursAsync(kubeconfig, pod.Namespace, arguments.Find("transport") ?? "Auto"), null);
        using Way theirs = new(WayKind.Kubectl, () => ForwardProcess.StartKubectlAsync(kubectl, kubeconfig, pod.Namespace), null);
        using Way? direct = pod.Direct is null ? null : new Way(WayKind.Direct, null, pod.Direct);
        Way[] last = direct is null ? [] : [direct];
        await ours.StartAsync();
        await theirs.StartAsync();

        TunnelComparison comparison = new(arguments.Find("only")?.Split(','));
        await TunnelComparison.WarmUpAsync([ours, theirs, .. last]);
        for (int pair = 1; pair <= pairs; pair++)
        {
            await comparison.RunPairAsync(pair % 2 == 1 ? [ours, theirs, .. last] : [theirs, ours, .. last]);
            Console.WriteLine($"Pair {pair} of {pairs} done.");
        }

        await comparison.RunMemoryAsync([ours, theirs]);
        JsonObject report = [];
        foreach (Figure figure in comparison.Figures)
        {
            Console.WriteLine(figure);
            report[figure.Name] = figure.ToJson();
        }

        if (arguments.Find("json") is { } json)
        {
            await File.WriteAllTextAsync(json, report.ToJsonString(Indented));
        }
    }
}
