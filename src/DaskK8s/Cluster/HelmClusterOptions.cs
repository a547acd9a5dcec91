using DaskK8s.Common;
using DaskK8s.Dask.Protocol;
using DaskK8s.Groups;
using DaskK8s.Kubernetes;
using DaskK8s.Kubernetes.Config;
using DaskK8s.Reach;

using k8s;

using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DaskK8s;

/// <summary>The options of a connection to a release.</summary>
public sealed record HelmClusterOptions
{
    /// <summary>Gets the release's namespace.</summary>
    /// <remarks>If Helm keeps the record in a different namespace than the objects, either namespace finds the release.</remarks>
    /// <value>Null: the kube context's namespace, else the pod's own when running in a cluster, else <c>default</c>.</value>
    public string? Namespace { get; init; }

    /// <summary>Gets the instance of the Dask chart, for a release that has several: an umbrella chart can include it more than once.</summary>
    /// <value>
    /// Null: the only instance. The name is the chart's alias, or the path of aliases separated by dots (<c>analytics.dask-gpu</c>);
    /// <see cref="HelmRelease.Instances"/> lists them, as does the error when one must be selected.
    /// </value>
    public string? Instance { get; init; }

    /// <summary>Gets the kubeconfig file.</summary>
    /// <value>Null: the files in <c>KUBECONFIG</c>, else <c>~/.kube/config</c>, else the pod's service account.</value>
    public string? KubeconfigPath { get; init; }

    /// <summary>Gets the kube context; it serves every call of the cluster object.</summary>
    /// <value>Null: the current context.</value>
    public string? Context { get; init; }

    /// <summary>Gets a client to use instead of a kubeconfig; it is not disposed with the cluster object.</summary>
    /// <value>Null. A given client must be a <see cref="k8s.Kubernetes"/>, because the forwards use its connection too.</value>
    public IKubernetes? Kubernetes { get; init; }

    /// <summary>Gets how the scheduler is reached.</summary>
    /// <value><see cref="SchedulerAccess.Auto"/>.</value>
    public SchedulerAccess SchedulerAccess { get; init; }

    /// <summary>Gets a Dask address to connect to instead of locating the scheduler: <c>tcp://host:port</c> or <c>tls://host:port</c>.</summary>
    /// <value>Null: the scheduler is found as <see cref="SchedulerAccess"/> specifies.</value>
    public string? SchedulerAddress { get; init; }

    /// <summary>Gets the host to connect to for a NodePort Service.</summary>
    /// <value>Null: the address of a ready node, if nodes can be listed. If <see cref="NodePort"/> is also set, the API server is not used.</value>
    public string? NodeHost { get; init; }

    /// <summary>Gets the node port to connect to for a NodePort Service.</summary>
    /// <value>Null: read from the Service.</value>
    public int? NodePort { get; init; }

    /// <summary>Gets the local port of the scheduler's forward, on 127.0.0.1.</summary>
    /// <value>Null: 8786, or a free port if 8786 is in use. A port set here that is in use is an error; 0 selects any free port.</value>
    public int? LocalSchedulerPort { get; init; }

    /// <summary>Gets the local port of the dashboard's forward, on 127.0.0.1.</summary>
    /// <value>Null: 8787, or a free port if 8787 is in use. A port set here that is in use is an error; 0 selects any free port.</value>
    public int? LocalDashboardPort { get; init; }

    /// <summary>Gets the chart's name of the scheduler component (<c>scheduler.name</c>), used if the release's values cannot be read.</summary>
    /// <value><c>scheduler</c>.</value>
    public string SchedulerComponent { get; init; } = "scheduler";

    /// <summary>Gets the chart's name of the worker component (<c>worker.name</c>), used if the release's values cannot be read.</summary>
    /// <value><c>worker</c>.</value>
    public string WorkerComponent { get; init; } = "worker";

    /// <summary>Gets the transport of the forward.</summary>
    /// <value><see cref="PortForwardTransport.Auto"/>: the best that the API server offers.</value>
    public PortForwardTransport Transport { get; init; }

    /// <summary>Gets the certificates for a scheduler that uses TLS.</summary>
    /// <value>Null: plain TCP, or the system's certificate authorities for a <c>tls://</c> address.</value>
    public DaskTlsOptions? Tls { get; init; }

    /// <summary>Gets how idempotent calls to the Kubernetes API are retried.</summary>
    /// <value>Four attempts; the first delay is 200 ms.</value>
    public RetryOptions Retry { get; init; } = new();

    /// <summary>Gets the time limit of one call to the Kubernetes API.</summary>
    /// <value>30 s.</value>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets the time limit of one call to the scheduler.</summary>
    /// <value>30 s.</value>
    public TimeSpan SchedulerTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets the time limit of connecting: reading the release and reaching a ready scheduler that responds.</summary>
    /// <value>60 s.</value>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Gets the maximum decompressed size of a release, in bytes.</summary>
    /// <value>64 MiB.</value>
    public long MaxReleaseBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>Gets the maximum number of replicas that a scaling may request, as a guard against typing errors.</summary>
    /// <value>10,000.</value>
    public int MaxReplicas { get; init; } = 10_000;

    /// <summary>Gets the factory for loggers.</summary>
    /// <value>Null: no logging.</value>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Gets the clock.</summary>
    /// <value><see cref="TimeProvider.System"/>.</value>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Gets the options that are needed to reach the scheduler.</summary>
    internal ReachOptions Reach => new()
    {
        SchedulerAccess = SchedulerAccess,
        SchedulerAddress = SchedulerAddress,
        NodeHost = NodeHost,
        NodePort = NodePort,
        LocalSchedulerPort = LocalSchedulerPort,
        LocalDashboardPort = LocalDashboardPort,
        Transport = Transport,
        Tls = Tls,
        SchedulerTimeout = SchedulerTimeout,
        LoggerFactory = LoggerFactory ?? NullLoggerFactory.Instance,
        TimeProvider = TimeProvider,
    };

    /// <summary>Gets what reading the release needs of these options.</summary>
    internal ReleaseOptions Release => new(Instance, SchedulerAddress, SchedulerComponent, WorkerComponent, MaxReleaseBytes);

    /// <summary>Opens the connection to the API server.</summary>
    internal Task<KubeConnection> OpenAsync(CancellationToken cancellationToken) => KubeConnectionFactory.OpenAsync(
        new KubeConfigOptions
        {
            KubeconfigPath = KubeconfigPath,
            Context = Context,
            Namespace = Namespace,
            Kubernetes = Kubernetes,
            TimeProvider = TimeProvider,
            LoggerFactory = LoggerFactory,
        },
        cancellationToken);

    /// <summary>Returns the way in which calls over a connection are made.</summary>
    internal KubeRequests RequestsOver(KubeConnection connection) =>
        new(connection, Retry, RequestTimeout, TimeProvider, GuardedLogger.Create(LoggerFactory, "DaskK8s.HelmCluster"));

    /// <summary>Validates the options, as connecting does when it starts.</summary>
    /// <exception cref="ArgumentException">An option is invalid, or contradicts another.</exception>
    public void Validate()
    {
        Guard.NotBlank(Namespace, nameof(Namespace));
        Guard.NotBlank(Instance, nameof(Instance));
        Guard.NotBlank(KubeconfigPath, nameof(KubeconfigPath));
        Guard.NotBlank(Context, nameof(Context));
        Guard.NotBlank(NodeHost, nameof(NodeHost));
        ArgumentException.ThrowIfNullOrWhiteSpace(SchedulerComponent);
        ArgumentException.ThrowIfNullOrWhiteSpace(WorkerComponent);
        ThrowIfNoPort(NodePort, 1, nameof(NodePort));
        ThrowIfNoPort(LocalSchedulerPort, 0, nameof(LocalSchedulerPort));
        ThrowIfNoPort(LocalDashboardPort, 0, nameof(LocalDashboardPort));
        Guard.PositiveLimit(RequestTimeout, nameof(RequestTimeout));
        Guard.PositiveLimit(SchedulerTimeout, nameof(SchedulerTimeout));
        Guard.PositiveLimit(ConnectTimeout, nameof(ConnectTimeout));
        ThrowIfUndefined(SchedulerAccess, nameof(SchedulerAccess));
        ThrowIfUndefined(Transport, nameof(Transport));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxReleaseBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxReplicas, 1);
        ArgumentNullException.ThrowIfNull(Retry);
        Retry.Validate();
        ArgumentNullException.ThrowIfNull(TimeProvider);
        if (LocalSchedulerPort is > 0 && LocalSchedulerPort == LocalDashboardPort)
        {
            throw new ArgumentException("Scheduler and dashboard cannot have the same local port.", nameof(LocalDashboardPort));
        }

        if (SchedulerAddress is not null)
        {
            Guard.NotBlank(SchedulerAddress, nameof(SchedulerAddress));
            _ = SchedulerEndpoint.Parse(SchedulerAddress, nameof(SchedulerAddress));
            if (SchedulerAccess is SchedulerAccess.Forward or SchedulerAccess.None)
            {
                throw new ArgumentException($"An address is dialled, which contradicts {nameof(SchedulerAccess)}.{SchedulerAccess}. Leave one of them out.", nameof(SchedulerAddress));
            }
        }

        if (Kubernetes is not null && (KubeconfigPath is not null || Context is not null))
        {
            throw new ArgumentException("Give either a client (Kubernetes) or a kubeconfig and context, not both.", nameof(Kubernetes));
        }
    }

    private static void ThrowIfNoPort(int? port, int lowest, string name)
    {
        if (port is { } number && (number < lowest || number > ushort.MaxValue))
        {
            throw new ArgumentOutOfRangeException(name, number, $"A port must be a number from {lowest} to {ushort.MaxValue}.");
        }
    }

    private static void ThrowIfUndefined<T>(T value, string name)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
        {
            throw new ArgumentOutOfRangeException(name, value, $"Not one of {string.Join(", ", Enum.GetNames<T>())}.");
        }
    }
}
