using System.Net;

using DaskK8s.KubeApi;

using k8s;
using k8s.Autorest;
using k8s.Models;

namespace DaskK8s.Benchmarks.Tunnel;

/// <summary>
/// Is a pod that sends, takes and echoes bytes, in a namespace of its own that is deleted with it. Each connection begins with one
/// letter and a count of eight bytes: <c>d</c> downloads, <c>u</c> uploads and gets one byte, <c>e</c> echoes.
/// </summary>
internal sealed class DataPod : IAsyncDisposable
{
    public const int Port = 9000;
    public const string Name = "data";

    public const string Server = """
        import socket, struct, sys, threading
        ZEROS = memoryview(bytes(1 << 20))
        def exactly(s, n):
            b = b''
            while len(b) < n:
                c = s.recv(n - len(b))
                if not c: raise EOFError
                b += c
            return b
        def serve(s):
            try:
                s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                kind, count = struct.unpack('<cQ', exactly(s, 9))
                if kind == b'd':
                    while count:
                        n = min(count, len(ZEROS)); s.sendall(ZEROS[:n]); count -= n
                elif kind == b'u':
                    room = bytearray(1 << 20)
                    while count: 
                        n = s.recv_into(room, min(count, len(room)))
                        if not n: return
                        count -= n
                    s.sendall(b'x')
                else:
                    while True:
                        b = s.recv(65536)
                        if not b: return
                        s.sendall(b)
            except (EOFError, OSError): pass
            finally: s.close()
        l = socket.socket(); l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        l.bind(('0.0.0.0', int(sys.argv[1]))); l.listen(512)
        while True:
            c, _ = l.accept()
            threading.Thread(target=serve, args=(c,), daemon=True).start()
        """;

    private readonly Kubernetes client;

    private DataPod(Kubernetes client, string @namespace, IPEndPoint direct)
    {
        this.client = client;
        Namespace = @namespace;
        Direct = direct;
    }

    public string Namespace { get; }

    /// <summary>Gets where the pod is reached without a forward.</summary>
    public IPEndPoint Direct { get; }

    public static async Task<DataPod> StartAsync(KubeConnection connection, string? image, IPEndPoint? direct = null)
    {
        Kubernetes client = connection.Client;
        image ??= await FindImageAsync(client);
        string @namespace = $"daskk8s-bench-{Guid.NewGuid().ToString("n")[..8]}";
        Console.WriteLine($"Starting the data pod ({image}) in namespace {@namespace}.");
        await client.CoreV1.CreateNamespaceAsync(new V1Namespace { Metadata = new V1ObjectMeta { Name = @namespace } });
        V1Pod pod = new()
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
                        Command = ["python3", "-u", "-c", Server, "9000"],
                        ReadinessProbe = new V1Probe { TcpSocket = new V1TCPSocketAction { Port = Port }, PeriodSeconds = 1 },
                    },
                ],
            },
        };
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                await client.CoreV1.CreateNamespacedPodAsync(pod, @namespace);
                break;
            }
            catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.Forbidden && attempt < 50)
            {
                // The namespace's service account is made a moment later.
                await Task.Delay(200);
            }
        }

        for (int attempt = 0; attempt < 600; attempt++)
        {
            V1Pod now = await client.CoreV1.ReadNamespacedPodAsync(Name, @namespace);
            if (now.Status.Conditions?.Any(c => c is { Type: "Ready", Status: "True" }) == true)
            {
                return new DataPod(client, @namespace, direct ?? new IPEndPoint(IPAddress.Parse(now.Status.PodIP), Port));
            }

            await Task.Delay(200);
        }

        throw new TimeoutException("The data pod did not become ready within two minutes.");
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await client.CoreV1.DeleteNamespaceAsync(Namespace);
        }
        catch (Exception e) when (e is HttpRequestException or HttpOperationException)
        {
            // A failure to clean up must not hide what ended the benchmark.
            await Console.Error.WriteLineAsync($"Namespace {Namespace} was not deleted: {e.Message}");
        }
    }

    /// <summary>Takes the image of a scheduler that runs already, as it is on the nodes.</summary>
    private static async Task<string> FindImageAsync(Kubernetes client)
    {
        V1DeploymentList deployments = await client.AppsV1.ListDeploymentForAllNamespacesAsync(labelSelector: "component=scheduler");
        return deployments.Items.FirstOrDefault()?.Spec.Template.Spec.Containers[0].Image
            ?? throw new InvalidOperationException("No release runs on the cluster whose image could be used; name one with --image.");
    }
}
