using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

using DaskK8s.Dask.Tasks;
using DaskK8s.Kubernetes;

using k8s;
using k8s.Autorest;
using k8s.Models;

namespace DaskK8s.Benchmarks.Tunnel;

/// <summary>A pod with the <see cref="DataProgram"/>, in a namespace of its own that is deleted with it.</summary>
internal sealed class DataPod : IAsyncDisposable
{
    public const int Port = 9000;
    public const string Name = "data";

    private static readonly TimeSpan ReadyLimit = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan ReachLimit = TimeSpan.FromSeconds(2);

    private readonly k8s.Kubernetes _client;
    private readonly ConsoleCancelEventHandler _onInterrupt;
    private int _deleted;

    private DataPod(k8s.Kubernetes client, string @namespace)
    {
        _client = client;
        Namespace = @namespace;
        _onInterrupt = (_, _) => DeleteAsync().GetAwaiter().GetResult();
        Console.CancelKeyPress += _onInterrupt;
    }

    public string Namespace { get; }

    /// <summary>Gets where the pod is reached without a forward; null where this machine is outside of the cluster's network.</summary>
    public IPEndPoint? Direct { get; private set; }

    public static async Task<DataPod> StartAsync(KubeConnection connection, string? image, IPEndPoint? direct = null)
    {
        k8s.Kubernetes client = connection.Client;
        IReadOnlyList<string> images = image is null ? await ImageFinder.FindAsync(client) : [image];
        string @namespace = $"daskk8s-bench-{Guid.NewGuid().ToString("n")[..8]}";
        await client.CoreV1.CreateNamespaceAsync(new V1Namespace { Metadata = new V1ObjectMeta { Name = @namespace } });
        DataPod pod = new(client, @namespace);
        try
        {
            List<string> failures = [];
            foreach (string candidate in images)
            {
                Console.WriteLine($"Starts the data pod ({candidate}) in namespace {@namespace}.");
                (string? address, string? failure) = await pod.TryAsync(candidate);
                if (address is not null)
                {
                    pod.Direct = direct ?? await ReachAsync(new IPEndPoint(IPAddress.Parse(address), Port));
                    return pod;
                }

                failures.Add($"{candidate}: {failure}");
            }

            throw new InvalidOperationException(
                $"The data pod did not start. Name an image that has python3 and that the nodes have or can pull: --image IMAGE. Tried {string.Join("; ", failures)}");
        }
        catch
        {
            await pod.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Console.CancelKeyPress -= _onInterrupt;
        await DeleteAsync();
    }

    private static async Task<IPEndPoint?> ReachAsync(IPEndPoint pod)
    {
        using Socket socket = new(pod.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using CancellationTokenSource limit = new(ReachLimit);
        try
        {
            await socket.ConnectAsync(pod, limit.Token);
            return pod;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            Console.WriteLine($"The pod's address {pod} is not reached from here, so nothing is printed beside as the limit.");
            return null;
        }
    }

    private static V1Pod Pod(string image) => new()
    {
        Metadata = new V1ObjectMeta { Name = Name, Labels = new Dictionary<string, string> { ["app"] = Name } },
        Spec = new V1PodSpec
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
        },
    };

    /// <summary>Starts the pod with an image and waits until it is ready, or until it is plain that it will not be.</summary>
    private async Task<(string? Address, string? Failure)> TryAsync(string image)
    {
        long start = Stopwatch.GetTimestamp();
        await CreateAsync(Pod(image), start);
        while (true)
        {
            V1Pod now = await _client.CoreV1.ReadNamespacedPodAsync(Name, Namespace);
            if (now.Status.Conditions?.Any(c => c is { Type: "Ready", Status: "True" }) == true)
            {
                return (now.Status.PodIP, null);
            }

            V1ContainerStateWaiting? waiting = now.Status.ContainerStatuses?.FirstOrDefault()?.State?.Waiting;
            string? failure = waiting is { Reason: "ErrImagePull" or "ImagePullBackOff" or "InvalidImageName" or "ErrImageNeverPull" or "CrashLoopBackOff" or "RunContainerError" or "CreateContainerError" }
                ? $"{waiting.Reason} {waiting.Message}"
                : now.Status.Phase == "Failed" ? now.Status.Message ?? "it ended"
                : Stopwatch.GetElapsedTime(start) > ReadyLimit ? now.Status.Conditions?.LastOrDefault(c => c.Status == "False")?.Message ?? "it was not ready in time"
                : null;
            if (failure is not null)
            {
                await _client.CoreV1.DeleteNamespacedPodAsync(Name, Namespace, gracePeriodSeconds: 0);
                return (null, failure);
            }

            await Task.Delay(200);
        }
    }

    private async Task CreateAsync(V1Pod pod, long start)
    {
        while (true)
        {
            try
            {
                await _client.CoreV1.CreateNamespacedPodAsync(pod, Namespace);
                return;
            }
            catch (HttpOperationException e) when (
                e.Response.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.Conflict && Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(15))
            {
                // The namespace's service account is made a moment later, and the pod of the last attempt is gone a moment later.
                await Task.Delay(200);
            }
        }
    }

    private async Task DeleteAsync()
    {
        if (Interlocked.Exchange(ref _deleted, 1) == 1)
        {
            return;
        }

        try
        {
            await _client.CoreV1.DeleteNamespaceAsync(Namespace);
        }
        catch (Exception e) when (e is HttpRequestException or HttpOperationException)
        {
            // A failure to clean up must not hide what ended the benchmark.
            await Console.Error.WriteLineAsync($"Namespace {Namespace} was not deleted: {e.Message}");
        }
    }
}
