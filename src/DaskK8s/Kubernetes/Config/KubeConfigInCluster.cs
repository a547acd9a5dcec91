using DaskK8s.Common;

namespace DaskK8s.Kubernetes.Config;

/// <summary>Reads the in-cluster configuration of a pod: two variables and the service account's files.</summary>
internal static class KubeConfigInCluster
{
    /// <summary>Finds the server, user and namespace of the pod that this process runs in.</summary>
    /// <param name="options">The connection's options.</param>
    /// <returns>The server, user and namespace.</returns>
    public static KubeConfigIdentity Load(KubeConfigOptions options)
    {
        KubeConfigEnvironment environment = options.Environment;
        string host = environment.GetVariable("KUBERNETES_SERVICE_HOST")!;
        string port = environment.GetVariable("KUBERNETES_SERVICE_PORT")!;
        string authority = environment.ServiceAccountFile("ca.crt");
        return new KubeConfigIdentity(
            Context: null,
            new KubeConfigCluster
            {
                Name = "in-cluster",
                Server = host.Contains(':', StringComparison.Ordinal) ? $"https://[{host}]:{port}" : $"https://{host}:{port}",
                CertificateAuthority = File.Exists(authority) ? authority : null,
            },
            new KubeConfigUser { TokenFile = environment.ServiceAccountFile("token") },
            KubeConfigLoader.ChooseNamespace(options, context: null));
    }

    /// <summary>Reads the namespace of the pod that this process runs in.</summary>
    /// <param name="environment">The environment.</param>
    /// <returns>The namespace; null if it cannot be read.</returns>
    public static string? ReadNamespace(KubeConfigEnvironment environment)
    {
        if (environment.GetVariable("POD_NAMESPACE") is { Length: > 0 } name)
        {
            return name;
        }

        try
        {
            string text = BoundedFile.ReadAllText(environment.ServiceAccountFile("namespace"), BoundedFile.MaxKeyBytes).Trim();
            return text.Length == 0 ? null : text;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
