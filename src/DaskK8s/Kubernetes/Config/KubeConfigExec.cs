namespace DaskK8s.Kubernetes.Config;

/// <summary>The helper program of a kubeconfig's user. It is not a record, because its string form would show arguments and environment.</summary>
internal sealed class KubeConfigExec
{
    /// <summary>The current protocol.</summary>
    public const string V1 = "client.authentication.k8s.io/v1";

    /// <summary>The previous protocol.</summary>
    public const string V1Beta1 = "client.authentication.k8s.io/v1beta1";

    /// <summary>Gets the protocol: <c>client.authentication.k8s.io/v1</c> or <c>/v1beta1</c>.</summary>
    public required string ApiVersion { get; init; }

    /// <summary>Gets the program: a name to look up in PATH, or an absolute path.</summary>
    public required string Command { get; init; }

    /// <summary>Gets the arguments, each passed as one argument regardless of its content.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Gets the variables to add to the environment.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; } = [];

    /// <summary>Gets the message to show when the program is missing.</summary>
    public string? InstallHint { get; init; }

    /// <summary>Gets a value indicating whether the program receives information about the cluster.</summary>
    public bool ProvideClusterInfo { get; init; }

    /// <summary>Gets when the program may read from the terminal: <c>Never</c>, <c>IfAvailable</c> or <c>Always</c>.</summary>
    public string InteractiveMode { get; init; } = "IfAvailable";
}
