using System.Net;

using DaskK8s.Benchmarks.Tunnel;
using DaskK8s.PortForwarding;
using DaskK8s.Testing;

using k8s;
using k8s.Autorest;
using k8s.Models;

namespace DaskK8s.IntegrationTests.Rigs;

/// <summary>
/// A Deployment of one pod that sends, takes and echoes bytes (<see cref="DataProgram"/>), in a namespace of its own: something to
/// forward to that starts faster than Dask and sends more.
/// </summary>
internal sealed class DataPods : IAsyncDisposable
{
    public const int Port = 9000;
    public const string Selector = "app=data";

    private const string Name = "data";

    private readonly k8s.Kubernetes _client;

    private DataPods(k8s.Kubernetes client, string @namespace)
    {
        _client = client;
        Namespace = @namespace;
    }

    public string Namespace { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Leads the port of the embedded cluster's data pods to a server in this process.</summary>
    public static IPEndPoint? EmbeddedTarget(PodPort asked) =>
        asked.Port == Port && asked.Labels.GetValueOrDefault("app") == Name ? DataServer.EndPoint : null;

    public static async Task<DataPods> StartAsync(TestCluster kubernetes)
    {
        string @namespace = $"t-{Guid.NewGuid().ToString("N")[..10]}";
        await kubernetes.Client.CoreV1.CreateNamespaceAsync(
            new V1Namespace { Metadata = new V1ObjectMeta { Name = @namespace } }, cancellationToken: Token);
        DataPods pods = new(kubernetes.Client, @namespace);
        Dictionary<string, string> labels = new() { ["app"] = Name };
        await kubernetes.Client.AppsV1.CreateNamespacedDeploymentAsync(
            new V1Deployment
            {
                Metadata = new V1ObjectMeta { Name = Name },
                Spec = new V1DeploymentSpec
                {
                    Replicas = 1,
                    Selector = new V1LabelSelector { MatchLabels = labels },
                    Template = new V1PodTemplateSpec { Metadata = new V1ObjectMeta { Labels = labels }, Spec = Pod(kubernetes.Image) },
                },
            },
            @namespace,
            cancellationToken: Token);
        await pods.ReadyAsync(null);
        return pods;
    }

    /// <summary>Waits until a pod is ready, another one than the given.</summary>
    /// <returns>Its uid.</returns>
    public async Task<string> ReadyAsync(string? old)
    {
        while (true)
        {
            V1PodList pods = await _client.CoreV1.ListNamespacedPodAsync(Namespace, labelSelector: Selector, cancellationToken: Token);
            if (pods.Items.FirstOrDefault(p => ReadyPods.IsReady(p) && p.Metadata.Uid != old) is { } ready)
            {
                return ready.Metadata.Uid;
            }

            await Task.Delay(10, Token);
        }
    }

    public Task DeleteAsync() => _client.CoreV1.DeleteCollectionNamespacedPodAsync(
        Namespace, labelSelector: Selector, gracePeriodSeconds: 0, cancellationToken: Token);

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _client.CoreV1.DeleteNamespaceAsync(Namespace);
        }
        catch (HttpOperationException)
        {
            // The cluster is thrown away sooner or later; the test's own result says more.
        }
    }

    private static V1PodSpec Pod(string image) => new()
    {
        TerminationGracePeriodSeconds = 0,
        AutomountServiceAccountToken = false,
        Containers =
        [
            new V1Container
            {
                Name = Name,
                Image = image,
                ImagePullPolicy = "IfNotPresent",
                Command = ["python3", "-u", "-c", DataProgram.Python, $"{Port}"],
                ReadinessProbe = new V1Probe { TcpSocket = new V1TCPSocketAction { Port = Port }, PeriodSeconds = 1 },
            },
        ],
    };
}
