namespace DaskK8s.Kubernetes.Config;

/// <summary>Refuses what kubectl refuses (client-go's <c>clientcmd</c> validation), before anything is sent.</summary>
internal static class KubeConfigChecks
{
    /// <summary>Checks that entries do not contradict each other.</summary>
    /// <param name="identity">The configuration.</param>
    /// <exception cref="KubeConfigException">They do.</exception>
    public static void Check(KubeConfigIdentity identity)
    {
        KubeConfigCluster cluster = identity.Cluster;
        if (cluster.InsecureSkipTlsVerify && (cluster.CertificateAuthority ?? cluster.CertificateAuthorityData) is not null)
        {
            throw ClusterError(cluster, "'insecure-skip-tls-verify' and a certificate authority exclude each other");
        }

        KubeConfigUser user = identity.User;
        if (user.AuthProvider is not null)
        {
            throw UserError(
                user,
                $"the legacy auth-provider '{user.AuthProvider}' is used, which kubectl dropped in 1.26; let the provider's tool write an 'exec' entry instead");
        }

        if ((user.Token ?? user.TokenFile) is not null && (user.Username ?? user.Password) is not null)
        {
            throw UserError(user, "there are both a token and a username or password; only one way to log in is allowed");
        }

        if (user.As is null && (user.AsUid is not null || user.AsGroups.Count > 0 || user.AsUserExtra.Count > 0))
        {
            throw UserError(user, "'as-uid', 'as-groups' or 'as-user-extra' stands without 'as'");
        }

        if (KubeConfigImpersonation.Headers(user).Any(header => header.Value.AsSpan().ContainsAny('\r', '\n', '\0')))
        {
            throw UserError(user, "'as' or one of its companions holds a line break");
        }
    }

    /// <summary>Reads the address of the API server.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <returns>The address; it ends with a slash.</returns>
    /// <exception cref="KubeConfigException">It is missing or no address.</exception>
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
            throw ClusterError(cluster, "'server' is no address such as https://host:6443 (no user, no query)");
        }

        return server.AbsolutePath.EndsWith('/') ? server : new Uri($"{server.AbsoluteUri}/");
    }

    private static KubeConfigException ClusterError(KubeConfigCluster cluster, string what) =>
        KubeConfigErrors.Unusable("cluster", cluster.Name, cluster.Source, what);

    private static KubeConfigException UserError(KubeConfigUser user, string what) =>
        KubeConfigErrors.Unusable("user", user.Name, user.Source, what);
}
