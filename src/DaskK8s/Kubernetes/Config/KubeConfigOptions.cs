using k8s;

using Microsoft.Extensions.Logging;

namespace DaskK8s.Kubernetes.Config;

/// <summary>The choice of an API server and an identity.</summary>
internal sealed record KubeConfigOptions
{
    /// <summary>Gets the kubeconfig to read.</summary>
    /// <value>Null: the files of <c>KUBECONFIG</c>, else <c>~/.kube/config</c>, else the pod's service account.</value>
    public string? KubeconfigPath { get; init; }

    /// <summary>Gets the context to use.</summary>
    /// <value>Null: the current one.</value>
    public string? Context { get; init; }

    /// <summary>Gets the namespace that calls are made in.</summary>
    /// <value>Null: the context's, else the pod's own when in a cluster, else <c>default</c>.</value>
    public string? Namespace { get; init; }

    /// <summary>Gets a client to use in place of one made from a kubeconfig; it stays the caller's.</summary>
    /// <value>Null: one is made.</value>
    public IKubernetes? Kubernetes { get; init; }

    /// <summary>Gets the clock of expiries and time limits.</summary>
    /// <value>The system's.</value>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Gets where to log.</summary>
    /// <value>Null: nowhere.</value>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Gets the time limit of one connection: TCP, the proxy's answer and TLS together.</summary>
    /// <value>10 seconds.</value>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets the time limit of one run of an <c>exec</c> credential helper; somebody may have to log in meanwhile.</summary>
    /// <value>2 minutes.</value>
    public TimeSpan ExecTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Gets what is read of the process's surroundings.</summary>
    /// <value>The real ones.</value>
    public KubeConfigEnvironment Environment { get; init; } = KubeConfigEnvironment.System;
}
