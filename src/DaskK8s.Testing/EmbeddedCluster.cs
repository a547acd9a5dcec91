using DaskK8s.Testing.Api;
using DaskK8s.Testing.Controllers;
using DaskK8s.Testing.Forwarding;
using DaskK8s.Testing.Processes;
using DaskK8s.Testing.Storage;
using k8s;

namespace DaskK8s.Testing;

/// <summary>
/// A Kubernetes cluster inside this process: an API server on a loopback port with TLS, the controllers behind Deployments, and pods that either have no
/// process or run local Dask processes. It looks like a real cluster to clients, <c>kubectl</c> included. Disposing it stops all that it started.
/// </summary>
public sealed class EmbeddedCluster : IAsyncDisposable
{
    private readonly ObjectStore _store;
    private readonly Accounts _accounts = new();
    private readonly PodNetwork _network;
    private readonly ServerCertificate _certificate = new();
    private readonly ApiServer _server;
    private readonly ControllerManager _controllers;
    private readonly Kubelet _kubelet;
    private readonly ServiceListeners _listeners;
    private readonly DaskRunner? _dask;
    private readonly RequestLog _requests = new();
    private readonly string _directory;
    private bool _disposed;

    private EmbeddedCluster(EmbeddedClusterOptions options, ObjectStore store, PodNetwork network, DaskRunner? dask, string directory)
    {
        (_store, _network, _dask, _directory) = (store, network, dask, directory);
        HttpFaults httpFaults = new();
        PodFaults podFaults = new();
        ForwardFaults forwardFaults = new();
        PortMap ports = new();
        EventRecorder events = new(store);
        Deletion deletion = new(store);
        ObjectRules objects = new(store, new ServiceAllocator(options, PodNetwork.ServiceAddress));
        _kubelet = new Kubelet(store, events, options, podFaults, network, dask);
        ReplicaSetController replicaSets = new(store, objects, deletion, events, options, new Quotas(store));
        ListHandler lists = new(store);
        WatchHandler watches = new(store, options);
        Authorizer authorizer = new(store);
        PodDialer dialer = new(store, _kubelet.RunOf, network, options, ports);
        _listeners = new ServiceListeners(store, dialer, network);
        RequestPipeline pipeline = new(
            store, _accounts, authorizer, httpFaults, _requests, new Discovery(options), new Reviews(authorizer), lists, watches, new ObjectHandler(store, objects, deletion),
            new LogHandler(store, _kubelet).HandleAsync, new PortForwardHandler(dialer, options, forwardFaults).HandleAsync, options);
        _server = new ApiServer(pipeline, _certificate, options.Port);
        Bootstrap.Fill(store, objects, options, network);
        _controllers = new ControllerManager(store, new DeploymentController(store, objects, events), replicaSets, new PodScheduler(store, events, options, podFaults), _kubelet, new GarbageCollector(store, objects, deletion), forwardFaults);
        podFaults.Changed = _controllers.Revisit;
        Faults = new EmbeddedFaults(store, httpFaults, podFaults, forwardFaults, lists, watches, _accounts, _server);
        Pods = new EmbeddedPods(store, _kubelet, ports);
    }

    /// <summary>Gets the address of the API server.</summary>
    public Uri Server => new($"https://127.0.0.1:{_server.Port}/");

    /// <summary>Gets the path of a kubeconfig file for an administrator.</summary>
    public string KubeconfigPath { get; private set; } = string.Empty;

    /// <summary>Gets the content of the administrator's kubeconfig file.</summary>
    public string Kubeconfig { get; private set; } = string.Empty;

    /// <summary>Gets the faults that can be injected.</summary>
    public EmbeddedFaults Faults { get; }

    /// <summary>Gets control of the pods.</summary>
    public EmbeddedPods Pods { get; }

    /// <summary>Gets the requests that the server has received, the last 10,000 of them, oldest first.</summary>
    public IReadOnlyList<EmbeddedRequest> Requests => _requests.All;

    /// <summary>Starts a cluster.</summary>
    /// <param name="options">The cluster's options.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <returns>The running cluster.</returns>
    /// <exception cref="DaskNotFoundException">Dask processes are requested, and no Python with Dask was found.</exception>
    public static async Task<EmbeddedCluster> StartAsync(EmbeddedClusterOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new EmbeddedClusterOptions();
        ObjectStore store = new(options.TimeProvider, options.HistoryLimit);
        PodNetwork network = PodNetwork.Create();
        string directory = Directory.CreateTempSubdirectory("daskk8s-").FullName;
        DaskRunner? dask = null;
        EmbeddedCluster cluster;
        try
        {
            dask = options.DaskProcesses ? await DaskRunner.CreateAsync(store, options, network, directory, cancellationToken).ConfigureAwait(false) : null;
            cluster = new EmbeddedCluster(options, store, network, dask, directory);
        }
        catch
        {
            network.Dispose();
            Directory.Delete(directory, recursive: true);
            if (dask is not null)
            {
                await dask.DisposeAsync().ConfigureAwait(false);
            }

            throw;
        }

        try
        {
            await cluster._server.StartAsync(cancellationToken).ConfigureAwait(false);
            (cluster.KubeconfigPath, cluster.Kubeconfig) = cluster.WriteKubeconfig(RequestUser.Admin, "default");
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Creates a client for an administrator.</summary>
    /// <returns>A client that the caller disposes.</returns>
    public k8s.Kubernetes CreateClient() => CreateClient(KubeconfigPath);

    /// <summary>Creates a client from a kubeconfig file of this cluster.</summary>
    /// <param name="kubeconfigPath">The file.</param>
    /// <returns>A client that the caller disposes.</returns>
    public static k8s.Kubernetes CreateClient(string kubeconfigPath) => new(KubernetesClientConfiguration.BuildConfigFromConfigFile(kubeconfigPath));

    /// <summary>Creates a kubeconfig file for a user, who has no permissions until roles are bound to the name or to a group.</summary>
    /// <param name="user">The user's name.</param>
    /// <param name="groups">The user's groups; <c>system:authenticated</c> is added.</param>
    /// <param name="inNamespace">The namespace of the context.</param>
    /// <returns>The path of the file.</returns>
    public string CreateKubeconfigFor(string user, IEnumerable<string>? groups = null, string inNamespace = "default") =>
        WriteKubeconfig(new RequestUser(user, [.. groups ?? [], "system:authenticated"]), inNamespace).Path;

    /// <summary>Creates a kubeconfig file for a service account.</summary>
    /// <param name="inNamespace">The account's namespace.</param>
    /// <param name="name">The account's name.</param>
    /// <returns>The path of the file.</returns>
    public string CreateKubeconfigForServiceAccount(string inNamespace, string name) =>
        WriteKubeconfig(RequestUser.ServiceAccount(inNamespace, name), inNamespace).Path;

    /// <summary>Grants permissions to a user with a role and a binding.</summary>
    /// <param name="user">The user's name.</param>
    /// <param name="inNamespace">The namespace; null for the whole cluster.</param>
    /// <param name="verbs">The verbs: <c>get</c>, <c>list</c>, …</param>
    /// <param name="resources">The resources: <c>pods</c>, <c>pods/log</c>, <c>deployments</c>, …; the API group is derived from the name.</param>
    public void Allow(string user, string? inNamespace, IEnumerable<string> verbs, params IEnumerable<string> resources) =>
        Bootstrap.Allow(_store, user, inNamespace, [.. verbs], [.. resources]);

    /// <summary>Discards the recorded requests.</summary>
    public void ClearRequests() => _requests.Clear();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _server.DisposeAsync().ConfigureAwait(false);
        await _controllers.DisposeAsync().ConfigureAwait(false);
        _listeners.Dispose();
        await _kubelet.DisposeAsync().ConfigureAwait(false);
        if (_dask is not null)
        {
            await _dask.DisposeAsync().ConfigureAwait(false);
        }

        _certificate.Dispose();
        _network.Dispose();
        try
        {
            Directory.Delete(_directory, recursive: true);
        }
        catch (IOException)
        {
            // A process that was just killed may still hold a file; the system's temporary directory is cleaned by the system.
        }

        if (_controllers.Failure is { } failure)
        {
            throw new InvalidOperationException($"A controller of the embedded cluster failed: {failure.Message}", failure);
        }
    }

    private (string Path, string Text) WriteKubeconfig(RequestUser user, string inNamespace)
    {
        string text = KubeconfigWriter.Text(Server, _certificate.AuthorityPem, user.Name, _accounts.Add(user), inNamespace);
        return (KubeconfigWriter.Write(_directory, $"kubeconfig-{Guid.NewGuid():N}.yaml", text), text);
    }
}
