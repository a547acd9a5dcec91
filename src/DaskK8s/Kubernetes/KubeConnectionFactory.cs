using System.Security.Cryptography.X509Certificates;

using DaskK8s.Common;
using DaskK8s.Kubernetes.Config;
using DaskK8s.Kubernetes.Credentials;
using DaskK8s.Kubernetes.Transport;

using k8s;

using Microsoft.Extensions.Logging;

namespace DaskK8s.Kubernetes;

/// <summary>Creates the connection to an API server from a kubeconfig, a pod's service account or a client that the caller provides.</summary>
internal static class KubeConnectionFactory
{
    private static readonly string UserAgent = $"daskk8s/{typeof(KubeConnectionFactory).Assembly.GetName().Version?.ToString(3)}";

    /// <summary>Creates the connection. It reads only files and the environment; the first call is the first to use the network.</summary>
    /// <param name="options">The connection's options.</param>
    /// <param name="cancellationToken">Cancels the reading of files.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="ArgumentException">An option is empty, or contradicts another one.</exception>
    /// <exception cref="KubeConfigException">There is no configuration, or it cannot be used.</exception>
    /// <exception cref="KubeCredentialException">A token file cannot be read.</exception>
    public static async Task<KubeConnection> OpenAsync(KubeConfigOptions options, CancellationToken cancellationToken)
    {
        Guard.NotBlank(options.KubeconfigPath, nameof(options.KubeconfigPath));
        Guard.NotBlank(options.Context, nameof(options.Context));
        Guard.NotBlank(options.Namespace, nameof(options.Namespace));
        if (options.Kubernetes is not null)
        {
            return Wrap(options, options.Kubernetes);
        }

        KubeConfigIdentity identity = await KubeConfigLoader.LoadAsync(options, cancellationToken).ConfigureAwait(false);
        ILogger logger = GuardedLogger.Create(options.LoggerFactory, "DaskK8s.KubeApi");
        KubeConfigChecks.Check(identity);
        Uri server = KubeConfigChecks.ReadServer(identity.Cluster);
        KubeConfigProxy? proxy = KubeConfigProxy.Find(identity.Cluster, server, options.Environment);
        KubeConfigTls? tls = server.Scheme == Uri.UriSchemeHttps
            ? new KubeConfigTls(ReadAuthorities(identity.Cluster), identity.Cluster.TlsServerName, identity.Cluster.InsecureSkipTlsVerify)
            : null;
        KubeCredentialSource credentials = new KubeConfigFileCredentials(identity.User, options.TimeProvider, logger);
        if (identity.User is { IdToken: { } idToken, Token: null, TokenFile: null, Username: null })
        {
            credentials = new OidcCredentials(idToken, identity.User, credentials, options.TimeProvider);
        }
        else if (identity.User is { Exec: { } exec, Token: null, TokenFile: null, Username: null })
        {
            credentials = new ExecCredentials(KubeConfigReader.ReadExec(exec), identity, credentials, options, logger);
        }

        KubeConfigTransport transport = new(
            credentials,
            new KubeConfigDialer(proxy, tls, options.ConnectTimeout, options.TimeProvider),
            identity.User,
            logger);
        k8s.Kubernetes client = new(
            new KubernetesClientConfiguration { Host = server.AbsoluteUri, UserAgent = UserAgent },
            new KubeBodies(transport));
        logger.ConfigurationOpened(identity.Context, server, identity.Namespace, proxy?.ToString());
        return new KubeConnection(client, identity.Namespace, identity.Context);
    }

    private static KubeConnection Wrap(KubeConfigOptions options, IKubernetes given)
    {
        if (options is not { KubeconfigPath: null, Context: null })
        {
            throw new ArgumentException("A client was given, which already has a server: omit the kubeconfig's path and the context.", nameof(options));
        }

        // Only the class gives its HttpClient and credentials, which watches and upgrades need.
        return given is k8s.Kubernetes client
            ? new KubeConnection(
                new k8s.Kubernetes(
                    new KubernetesClientConfiguration { Host = client.BaseUri.AbsoluteUri, UserAgent = UserAgent }, new KubeBodies(new GivenClientTransport(client))),
                KubeConfigLoader.ChooseNamespace(options, context: null),
                context: null)
            : throw new ArgumentException(
                $"The client that was given is a {given.GetType()}; it must be a k8s.Kubernetes (or derive from it), as watches and port-forwards need its HttpClient.",
                nameof(options));
    }

    private static X509Certificate2Collection? ReadAuthorities(KubeConfigCluster cluster)
    {
        KubeConfigException Unusable(string what) => KubeConfigErrors.Unusable("cluster", cluster.Name, cluster.Source, what);
        if (cluster.CertificateAuthorityData is { } data)
        {
            return KubeConfigPem.ReadAuthorities(
                KubeConfigPem.Decode(data, "certificate-authority-data", Unusable), "'certificate-authority-data'", Unusable);
        }

        if (cluster.CertificateAuthority is not { } path)
        {
            return null;
        }

        try
        {
            return KubeConfigPem.ReadAuthorities(BoundedFile.ReadAllText(path, BoundedFile.MaxKeyBytes), $"the certificate-authority '{path}'", Unusable);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw KubeConfigErrors.Unreadable($"'certificate-authority' of the cluster '{cluster.Name}',", path, e);
        }
    }
}
