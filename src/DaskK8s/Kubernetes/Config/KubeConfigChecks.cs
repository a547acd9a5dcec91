namespace DaskK8s.Kubernetes.Config;

/// <summary>Rejects what kubectl rejects (client-go's <c>clientcmd</c> validation), before anything is sent.</summary>
internal static class KubeConfigChecks
{
    /// <summary>Checks that entries do not contradict each other.</summary>
    /// <param name="identity">The configuration.</param>
    /// <exception cref="KubeConfigException">The entries contradict each other.</exception>
    public static void Check(KubeConfigIdentity identity)
    {
        KubeConfigCluster cluster = identity.Cluster;
        if (cluster.InsecureSkipTlsVerify && (cluster.CertificateAuthority ?? cluster.CertificateAuthorityData) is not null)
        {
            throw ClusterError(cluster, "'insecure-skip-tls-verify' and a certificate authority exclude each other");
        }

        if (cluster is { CertificateAuthority: not null, CertificateAuthorityData: not null })
        {
            throw ClusterError(cluster, "there are both 'certificate-authority' and 'certificate-authority-data'; remove one");
        }

        KubeConfigUser user = identity.User;
        CheckProvider(user);
        if (user is { ClientCertificate: not null, ClientCertificateData: not null })
        {
            throw UserError(user, "there are both 'client-certificate' and 'client-certificate-data'; remove one");
        }

        if (user is { ClientKey: not null, ClientKeyData: not null } && (user.ClientCertificate ?? user.ClientCertificateData) is not null)
        {
            throw UserError(user, "there are both 'client-key' and 'client-key-data'; remove one");
        }

        if ((user.Token ?? user.TokenFile) is not null && (user.Username ?? user.Password) is not null)
        {
            throw UserError(user, "there are both a token and a username or password; only one authentication method is allowed");
        }

        if (user.As is null && (user.AsUid is not null || user.AsGroups.Count > 0 || user.AsUserExtra.Count > 0))
        {
            throw UserError(user, "'as-uid', 'as-groups' or 'as-user-extra' is set without 'as'");
        }

        if (user.AsGroups.Count > 1 || user.AsUserExtra.Values.Any(values => values.Count > 1))
        {
            // .NET writes the values of a header into one line, and the API server takes a line for one group.
            throw UserError(
                user,
                "'as-groups', or a list in 'as-user-extra', has more than one item, which is not supported by this library; name one, or act as a user who is in the groups");
        }

        if (KubeConfigImpersonation.Headers(user).Any(header => header.Value.AsSpan().ContainsAny('\r', '\n', '\0')))
        {
            throw UserError(user, "'as' or a field that belongs to it contains a line break");
        }
    }

    private static void CheckProvider(KubeConfigUser user)
    {
        switch (user.AuthProvider)
        {
            case null:
                return;
            case { } when user.Exec is not null:
                throw UserError(user, "there are both an 'exec' helper and an 'auth-provider'; only one authentication method is allowed");
            case "oidc" when user.IssuerUrl is null || user.ClientId is null:
                throw UserError(user, $"the auth-provider 'oidc' has no '{(user.IssuerUrl is null ? "idp-issuer-url" : "client-id")}'");
            case "oidc":
                if (user is { IdToken: null, Token: null, TokenFile: null })
                {
                    throw UserError(
                        user,
                        "the auth-provider 'oidc' has no 'id-token', and this library does not support getting one with a refresh token; let kubectl make a call, which writes one, or use an 'exec' helper such as kubelogin");
                }

                return;
            case "gcp" or "azure":
                throw UserError(
                    user,
                    $"the legacy auth-provider '{user.AuthProvider}' is used, which kubectl dropped in 1.26 and this library does not support; let the provider's tool write an 'exec' entry instead");
            default:
                throw UserError(user, $"the auth-provider '{user.AuthProvider}' is used, which this library does not support; use an 'exec' helper instead");
        }
    }

    /// <summary>Reads the address of the API server.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <returns>The address; it ends with a slash.</returns>
    /// <exception cref="KubeConfigException">The address is missing or invalid.</exception>
    public static Uri ReadServer(KubeConfigCluster cluster)
    {
        string text = cluster.Server ?? throw ClusterError(cluster, "'server' is missing");
        if (!text.Contains("://", StringComparison.Ordinal))
        {
            bool hasTls = cluster.InsecureSkipTlsVerify || (cluster.CertificateAuthority ?? cluster.CertificateAuthorityData) is not null;
            text = $"{(hasTls ? "https" : "http")}://{text}";
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? server)
            || server.Scheme is not ("http" or "https")
            || server.Host.Length == 0
            || server.UserInfo.Length + server.Query.Length + server.Fragment.Length > 0)
        {
            throw ClusterError(cluster, "'server' is not a URL such as https://host:6443 (without user or query)");
        }

        return server.AbsolutePath.EndsWith('/') ? server : new Uri($"{server.AbsoluteUri}/");
    }

    private static KubeConfigException ClusterError(KubeConfigCluster cluster, string what) =>
        KubeConfigErrors.Unusable("cluster", cluster.Name, cluster.Source, what);

    private static KubeConfigException UserError(KubeConfigUser user, string what) =>
        KubeConfigErrors.Unusable("user", user.Name, user.Source, what);
}
