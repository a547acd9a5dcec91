namespace DaskK8s.Kubernetes.Config;

/// <summary>A kubeconfig's entry for one identity. Paths are absolute. It is not a record, because its string form would show secrets.</summary>
internal sealed class KubeConfigUser
{
    /// <summary>Gets its name; null in a pod.</summary>
    public string? Name { get; init; }

    /// <summary>Gets the file that contains it; null in a pod.</summary>
    public string? Source { get; init; }

    /// <summary>Gets the bearer token.</summary>
    public string? Token { get; init; }

    /// <summary>Gets the path of a bearer token that can change; takes precedence over <see cref="Token"/> while it can be read.</summary>
    public string? TokenFile { get; init; }

    /// <summary>Gets the user name for basic authentication.</summary>
    public string? Username { get; init; }

    /// <summary>Gets the password for basic authentication.</summary>
    public string? Password { get; init; }

    /// <summary>Gets the path of the client certificate.</summary>
    public string? ClientCertificate { get; init; }

    /// <summary>Gets the client certificate as base64 of PEM; takes precedence over the path.</summary>
    public string? ClientCertificateData { get; init; }

    /// <summary>Gets the path of the client certificate's key.</summary>
    public string? ClientKey { get; init; }

    /// <summary>Gets the client certificate's key as base64 of PEM; takes precedence over the path.</summary>
    public string? ClientKeyData { get; init; }

    /// <summary>Gets the helper program that prints credentials, not parsed yet: an unused helper can be of any kind, as in kubectl.</summary>
    public KubeConfigNode? Exec { get; init; }

    /// <summary>Gets the name of an authentication provider: <c>oidc</c>, or one that kubectl removed in 1.26.</summary>
    public string? AuthProvider { get; init; }

    /// <summary>Gets the issuer of the <c>oidc</c> provider.</summary>
    public string? IssuerUrl { get; init; }

    /// <summary>Gets the client ID of the <c>oidc</c> provider.</summary>
    public string? ClientId { get; init; }

    /// <summary>Gets the last token of the <c>oidc</c> provider.</summary>
    public string? IdToken { get; init; }

    /// <summary>Gets the user to impersonate.</summary>
    public string? As { get; init; }

    /// <summary>Gets the UID to impersonate.</summary>
    public string? AsUid { get; init; }

    /// <summary>Gets the groups to impersonate.</summary>
    public IReadOnlyList<string> AsGroups { get; init; } = [];

    /// <summary>Gets the extra attributes of the user to impersonate.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> AsUserExtra { get; init; } = new Dictionary<string, IReadOnlyList<string>>();
}
