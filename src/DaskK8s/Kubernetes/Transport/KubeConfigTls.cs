using System.Globalization;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace DaskK8s.Kubernetes.Transport;

/// <summary>The validation of server certificates, which reports why a certificate is rejected.</summary>
/// <param name="authorities">The trusted CA certificates; null for the system's.</param>
/// <param name="serverName">The name to send as SNI and to validate, instead of the host's; null for the host's.</param>
/// <param name="acceptAny">Whether any certificate is accepted.</param>
internal sealed class KubeConfigTls(X509Certificate2Collection? authorities, string? serverName, bool acceptAny)
{
    /// <summary>Creates the TLS options of one connection to the API server.</summary>
    /// <param name="host">The host to connect to.</param>
    /// <param name="certificate">The client's certificate, if it has one.</param>
    /// <param name="protocols">The protocols to offer, in order of preference.</param>
    /// <returns>The options.</returns>
    public SslClientAuthenticationOptions CreateOptions(
        string host,
        SslStreamCertificateContext? certificate,
        List<SslApplicationProtocol> protocols)
    {
        SslClientAuthenticationOptions options = new()
        {
            TargetHost = serverName ?? host,
            ApplicationProtocols = protocols,
            ClientCertificateContext = certificate,
            RemoteCertificateValidationCallback = (_, remote, chain, errors) => acceptAny || Accept(serverName ?? host, remote, chain, errors),
        };
        if (authorities is not null)
        {
            options.CertificateChainPolicy = CreatePolicy(authorities);
        }

        return options;
    }

    /// <summary>Creates the TLS options of a connection to an https proxy, which uses the system's trust or the cluster's, as in client-go.</summary>
    /// <param name="host">The proxy's host.</param>
    /// <returns>The options.</returns>
    public SslClientAuthenticationOptions CreateProxyOptions(string host) => new()
    {
        TargetHost = host,
        RemoteCertificateValidationCallback = (_, remote, chain, errors) =>
            acceptAny || errors == SslPolicyErrors.None || AcceptByAuthorities(host, remote, errors, chain),
    };

    private static X509ChainPolicy CreatePolicy(X509Certificate2Collection trusted)
    {
        X509ChainPolicy policy = new()
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(trusted);
        return policy;
    }

    private bool AcceptByAuthorities(string host, X509Certificate? remote, SslPolicyErrors errors, X509Chain? seen)
    {
        if (authorities is null || remote is not X509Certificate2 certificate)
        {
            return Accept(host, remote, seen, errors);
        }

        using X509Chain chain = new();
        chain.ChainPolicy = CreatePolicy(authorities);
        chain.ChainPolicy.ExtraStore.AddRange(seen?.ChainPolicy.ExtraStore ?? []);
        errors &= ~SslPolicyErrors.RemoteCertificateChainErrors;
        return Accept(host, remote, chain, chain.Build(certificate) ? errors : errors | SslPolicyErrors.RemoteCertificateChainErrors);
    }

    private bool Accept(string host, X509Certificate? remote, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
        {
            return true;
        }

        if (remote is not X509Certificate2 certificate || chain is null)
        {
            throw new AuthenticationException($"'{host}' presented no certificate.");
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            throw new AuthenticationException(
                $"The certificate of '{host}' is for other names ({Names(certificate)}). Set 'tls-server-name' in the kubeconfig to one of them if that is the intended server.");
        }

        return IsAnchored(chain) ? true : throw new AuthenticationException(Explain(host, certificate, chain));
    }

    /// <summary>
    /// Determines whether the chain ends at a certificate in the kubeconfig that is not a root. Go (and thus kubectl) trusts every certificate
    /// in <c>certificate-authority</c>, including an intermediate or the server's own; .NET requires a self-signed one.
    /// </summary>
    private bool IsAnchored(X509Chain chain)
    {
        const X509ChainStatusFlags unfinished = X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot;
        return authorities is not null
            && chain.ChainStatus.All(status => (status.Status & ~unfinished) == 0)
            && chain.ChainElements.Any(element => authorities.Any(authority => authority.RawDataMemory.Span.SequenceEqual(element.Certificate.RawDataMemory.Span)));
    }

    private string Explain(string host, X509Certificate2 certificate, X509Chain chain)
    {
        X509ChainStatusFlags flags = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, status) => all | status.Status);
        if (flags.HasFlag(X509ChainStatusFlags.NotTimeValid))
        {
            return $"The certificate of '{host}', or one above it, is not valid now (its own time: {Time(certificate.NotBefore)} to {Time(certificate.NotAfter)}). Check the clocks, or renew it.";
        }

        if (flags.HasFlag(X509ChainStatusFlags.UntrustedRoot) || flags.HasFlag(X509ChainStatusFlags.PartialChain))
        {
            string trust = authorities is null ? "this system does not trust" : "the kubeconfig's certificate-authority does not contain";
            return $"The certificate of '{host}' was issued by '{certificate.Issuer}', which {trust}.";
        }

        return $"The certificate of '{host}' is not acceptable: {flags}.";
    }

    private static string Names(X509Certificate2 certificate)
    {
        X509SubjectAlternativeNameExtension? names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        return names is null
            ? "none"
            : string.Join(", ", names.EnumerateDnsNames().Concat(names.EnumerateIPAddresses().Select(address => address.ToString())).Take(12));
    }

    private static string Time(DateTime time) => time.ToUniversalTime().ToString("u", CultureInfo.InvariantCulture);
}
