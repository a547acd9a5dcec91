namespace DaskK8s.Kubernetes.Config;

/// <summary>The environment of a connection: variables, and the directory of a pod's service account.</summary>
/// <param name="GetVariable">Reads an environment variable; null if it is not set.</param>
/// <param name="ServiceAccountDirectory">The directory with <c>token</c>, <c>ca.crt</c> and <c>namespace</c> in a pod.</param>
internal sealed record KubeConfigEnvironment(Func<string, string?> GetVariable, string ServiceAccountDirectory)
{
    /// <summary>Gets the actual environment of this process.</summary>
    public static KubeConfigEnvironment System { get; } = new(
        Environment.GetEnvironmentVariable,
        "/var/run/secrets/kubernetes.io/serviceaccount");

    /// <summary>Gets a value indicating whether a credential helper can prompt a user at a terminal.</summary>
    public bool HasTerminal { get; init; } = !Console.IsInputRedirected;

    /// <summary>Gets a value indicating whether this process runs in a pod that has a service account.</summary>
    public bool IsInCluster =>
        !string.IsNullOrEmpty(GetVariable("KUBERNETES_SERVICE_HOST"))
        && !string.IsNullOrEmpty(GetVariable("KUBERNETES_SERVICE_PORT"))
        && File.Exists(ServiceAccountFile("token"));

    /// <summary>Returns the path of a file of the pod's service account.</summary>
    /// <param name="name">The file's name.</param>
    /// <returns>The path.</returns>
    public string ServiceAccountFile(string name) => Path.Combine(ServiceAccountDirectory, name);

    /// <summary>Returns the path of the kubeconfig that is read by default.</summary>
    /// <returns>The path; null if this user has no home directory.</returns>
    public string? DefaultKubeconfigPath()
    {
        string? home = GetVariable("HOME");
        if (string.IsNullOrEmpty(home))
        {
            home = GetVariable("USERPROFILE");
        }

        return string.IsNullOrEmpty(home) ? null : Path.Combine(home, ".kube", "config");
    }
}
