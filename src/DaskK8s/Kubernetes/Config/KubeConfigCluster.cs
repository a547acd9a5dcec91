namespace DaskK8s.Kubernetes.Config;

/// <summary>A kubeconfig's entry for one API server. Paths are absolute.</summary>
internal sealed class KubeConfigCluster
{
    /// <summary>Gets its name.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the file that it stands in; null in a pod.</summary>
    public string? Source { get; init; }

    /// <summary>Gets the address of the API server.</summary>
    public string? Server { get; init; }

    /// <summary>Gets the name that the server's certificate is checked for, and that is sent as SNI, in place of the address's.</summary>
    public string? TlsServerName { get; init; }

    /// <summary>Gets a value indicating whether any certificate of the server will do.</summary>
    public bool InsecureSkipTlsVerify { get; init; }

    /// <summary>Gets the path of the trusted certificates.</summary>
    public string? CertificateAuthority { get; init; }

    /// <summary>Gets the trusted certificates as base64 of PEM; wins over the path.</summary>
    public string? CertificateAuthorityData { get; init; }

    /// <summary>Gets the proxy on the way to the server; it may hold a password.</summary>
    public string? ProxyUrl { get; init; }

    /// <summary>Gets a value indicating whether answers are not to be compressed; only handed on to <c>exec</c> helpers.</summary>
    public bool DisableCompression { get; init; }

    /// <summary>Gets what the cluster has to say to <c>exec</c> helpers (extension <c>client.authentication.k8s.io/exec</c>).</summary>
    public KubeConfigNode? ExecConfig { get; init; }
}
