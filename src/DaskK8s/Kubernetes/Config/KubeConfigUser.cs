namespace DaskK8s.Kubernetes.Config;

/// <summary>A kubeconfig's entry for one identity. Paths are absolute. Not a record, whose text form would show secrets.</summary>
internal sealed class KubeConfigUser
{
    /// <summary>Gets its name; null in a pod.</summary>
    public string? Name { get; init; }

    /// <summary>Gets the file that it stands in; null in a pod.</summary>
    public string? Source { get; init; }

    /// <summary>Gets the bearer token.</summary>
    public string? Token { get; init; }

    /// <summary>Gets the path of a bearer token that may change; wins over <see cref="Token"/> while it can be read.</summary>
    public string? TokenFile { get; init; }

    /// <summary>Gets the name for basic authentication.</summary>
    public string? Username { get; init; }

    /// <summary>Gets the password for basic authentication.</summary>
    public string? Password { get; init; }

    /// <summary>Gets the path of the client certificate.</summary>
    public string? ClientCertificate { get; init; }

    /// <summary>Gets the client certificate as base64 of PEM; wins over the path.</summary>
    public string? ClientCertificateData { get; init; }

    /// <summary>Gets the path of the client certificate's key.</summary>
    public string? ClientKey { get; init; }

    /// <summary>Gets the client certificate's key as base64 of PEM; wins over the path.</summary>
    public string? ClientKeyData { get; init; }

    /// <summary>Gets the helper program that prints credentials; unread, as a helper that nobody uses may be of any kind (kubectl's rule too).</summary>
    public KubeConfigNode? Exec { get; init; }

    /// <summary>Gets the name of an authentication provider: <c>oidc</c>, or one that kubectl dropped in 1.26.</summary>
    public string? AuthProvider { get; init; }

    /// <summary>Gets the issuer that the provider <c>oidc</c> asks.</summary>
    public string? IssuerUrl { get; init; }

    /// <summary>Gets the client that the provider <c>oidc</c> asks as.</summary>
    public string? ClientId { get; init; }

    /// <summary>Gets the token that the provider <c>oidc</c> got last.</summary>
    public string? IdToken { get; init; }

    /// <summary>Gets the user to act as.</summary>
    public string? As { get; init; }

    /// <summary>Gets the uid to act as.</summary>
    public string? AsUid { get; init; }

    /// <summary>Gets the groups to act as a member of.</summary>
    public IReadOnlyList<string> AsGroups { get; init; } = [];

    /// <summary>Gets what else to claim about the user to act as.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> AsUserExtra { get; init; } = new Dictionary<string, IReadOnlyList<string>>();
}
