namespace DaskK8s.Kubernetes.Config;

/// <summary>The helper program of a kubeconfig's user. No record: its text form would show arguments and environment.</summary>
internal sealed class KubeConfigExec
{
    /// <summary>The current protocol.</summary>
    public const string V1 = "client.authentication.k8s.io/v1";

    /// <summary>The protocol before it.</summary>
    public const string V1Beta1 = "client.authentication.k8s.io/v1beta1";

    /// <summary>Gets the protocol: <c>client.authentication.k8s.io/v1</c> or <c>/v1beta1</c>.</summary>
    public required string ApiVersion { get; init; }

    /// <summary>Gets the program: a name to look up in PATH, or an absolute path.</summary>
    public required string Command { get; init; }

    /// <summary>Gets the arguments, one each, whatever they hold.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Gets the variables that are added to the environment.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; } = [];

    /// <summary>Gets what to tell when the program is missing.</summary>
    public string? InstallHint { get; init; }

    /// <summary>Gets a value indicating whether the program is told about the cluster.</summary>
    public bool ProvideClusterInfo { get; init; }

    /// <summary>Gets when the program may read from the terminal: <c>Never</c>, <c>IfAvailable</c> or <c>Always</c>.</summary>
    public string InteractiveMode { get; init; } = "IfAvailable";
}
