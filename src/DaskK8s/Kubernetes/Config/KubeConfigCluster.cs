namespace DaskK8s.Kubernetes.Config;

/// <summary>A kubeconfig's entry for one API server. Paths are absolute.</summary>
internal sealed class KubeConfigCluster
{
    /// <summary>Gets its name.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the file that contains it; null in a pod.</summary>
    public string? Source { get; init; }

    /// <summary>Gets the address of the API server.</summary>
    public string? Server { get; init; }

    /// <summary>Gets the name to validate the server's certificate against and to send as SNI, instead of the host in the address.</summary>
    public string? TlsServerName { get; init; }

    /// <summary>Gets a value indicating whether any server certificate is accepted.</summary>
    public bool InsecureSkipTlsVerify { get; init; }

    /// <summary>Gets the path of the trusted CA certificates.</summary>
    public string? CertificateAuthority { get; init; }

    /// <summary>Gets the trusted CA certificates as base64 of PEM; takes precedence over the path.</summary>
    public string? CertificateAuthorityData { get; init; }

    /// <summary>Gets the proxy for connections to the server; it can contain a password.</summary>
    public string? ProxyUrl { get; init; }

    /// <summary>Gets a value indicating whether responses must not be compressed; only passed on to <c>exec</c> helpers.</summary>
    public bool DisableCompression { get; init; }

    /// <summary>Gets the cluster's configuration for <c>exec</c> helpers (extension <c>client.authentication.k8s.io/exec</c>).</summary>
    public KubeConfigNode? ExecConfig { get; init; }
}
