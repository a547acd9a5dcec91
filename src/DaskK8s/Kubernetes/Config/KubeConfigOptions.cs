using k8s;

using Microsoft.Extensions.Logging;

namespace DaskK8s.Kubernetes.Config;

/// <summary>The selection of an API server and an identity.</summary>
internal sealed record KubeConfigOptions
{
    /// <summary>Gets the kubeconfig to read.</summary>
    /// <value>Null: the files in <c>KUBECONFIG</c>, else <c>~/.kube/config</c>, else the pod's service account.</value>
    public string? KubeconfigPath { get; init; }

    /// <summary>Gets the context to use.</summary>
    /// <value>Null: the current context.</value>
    public string? Context { get; init; }

    /// <summary>Gets the namespace of the calls.</summary>
    /// <value>Null: the context's, else the pod's own if in a cluster, else <c>default</c>.</value>
    public string? Namespace { get; init; }

    /// <summary>Gets a client to use instead of one created from a kubeconfig; the caller still owns it.</summary>
    /// <value>Null: a client is created.</value>
    public IKubernetes? Kubernetes { get; init; }

    /// <summary>Gets the clock for expiration times and time limits.</summary>
    /// <value>The system's.</value>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Gets the factory of the loggers.</summary>
    /// <value>Null: no logging.</value>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Gets the time limit of one connection, including TCP, the proxy's response and TLS.</summary>
    /// <value>10 seconds.</value>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets the time limit of one run of an <c>exec</c> credential helper, including the time for a user to log in.</summary>
    /// <value>2 minutes.</value>
    public TimeSpan ExecTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Gets the parts of the process's environment that are used.</summary>
    /// <value>The actual environment.</value>
    public KubeConfigEnvironment Environment { get; init; } = KubeConfigEnvironment.System;
}
