using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using DaskK8s.Common;

namespace DaskK8s.Dask.Protocol;

/// <summary>Adds TLS to a stream to a scheduler, with Dask's verification rules.</summary>
internal static class SchedulerTls
{
    private static readonly TimeSpan ProbeLimit = TimeSpan.FromSeconds(5);

    /// <summary>Authenticates both sides.</summary>
    /// <param name="stream">The connected stream; the returned stream owns it.</param>
    /// <param name="options">The trusted authorities and the client certificate.</param>
    /// <param name="address">The address for error messages.</param>
    /// <param name="cancellationToken">Cancels the wait for the peer.</param>
    /// <returns>The encrypted stream.</returns>
    /// <exception cref="DaskTlsException">A file cannot be used, or the scheduler's or the client's certificate was rejected.</exception>
    public static async ValueTask<Stream> AuthenticateAsync(
        Stream stream, DaskTlsOptions options, string address, CancellationToken cancellationToken)
    {
        using X509Certificate2? own = LoadOwn(options);
        X509Certificate2Collection? authorities = LoadAuthorities(options);
        string?[] refusal = new string?[1];
        SslClientAuthenticationOptions ssl = new()
        {
            TargetHost = ExpectedName(options, address) ?? string.Empty,
            ClientCertificates = own is null ? null : [own],
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                (refusal[0] = Refuse(certificate, chain, errors, authorities, options, ExpectedName(options, address))) is null,
        };
        if (own is not null)
        {
            X509Certificate2Collection intermediates = [];
            intermediates.ImportFromPemFile(options.CertificateFile!);
            ssl.ClientCertificateContext = SslStreamCertificateContext.Create(own, intermediates, offline: true);
        }

        SslStream secure = new(stream, leaveInnerStreamOpen: false);
        try
        {
            await secure.AuthenticateAsClientAsync(ssl, cancellationToken).ConfigureAwait(false);
            return secure;
        }
        catch (Exception e) when (e is System.Security.Authentication.AuthenticationException or IOException)
        {
            await secure.DisposeAsync().ConfigureAwait(false);
            string reason = refusal[0] ?? (own is null
                ? $"{e.Message} Dask schedulers require a client certificate, and none is set (DaskTlsOptions.CertificateFile)."
                : $"{e.Message} The scheduler may not speak TLS, or not trust the authority of {options.CertificateFile}.");
            throw new DaskTlsException($"TLS with the scheduler at {address} failed: {reason}", e);
        }
        catch
        {
            await secure.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Determines whether a scheduler that does not answer without TLS uses TLS; no application data is sent.</summary>
    public static async Task<bool> IsSpokenAsync(SchedulerEndpoint endpoint, TimeProvider time, CancellationToken cancellationToken)
    {
        using TimeLimit limit = new(ProbeLimit, time, cancellationToken);
        bool isPresented = false;
        try
        {
            Stream stream = await endpoint.Dialer(limit.Token).ConfigureAwait(false);
            SslStream secure = new(stream, leaveInnerStreamOpen: false);
            await using (secure.ConfigureAwait(false))
            {
                // Whom it is does not matter here: that it presents a certificate is the answer.
                await secure.AuthenticateAsClientAsync(
                    new SslClientAuthenticationOptions
                    {
                        RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                        {
                            isPresented = certificate is not null;
                            return false;
                        },
                    },
                    limit.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is System.Security.Authentication.AuthenticationException or IOException or DaskK8sException or System.Net.Sockets.SocketException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        return isPresented;
    }

    /// <summary>Returns the name that the certificate must be valid for; null if any certificate of the user's own authority is accepted.</summary>
    private static string? ExpectedName(DaskTlsOptions options, string address) =>
        options.ServerName ?? (options.CaFile is null ? new Uri(address).IdnHost.Trim('[', ']') : null);

    private static string? Refuse(
        X509Certificate? certificate,
        X509Chain? chain,
        SslPolicyErrors errors,
        X509Certificate2Collection? authorities,
        DaskTlsOptions options,
        string? name)
    {
        if (certificate is not X509Certificate2 presented)
        {
            return "it presented no certificate.";
        }

        if (authorities is null && (errors & SslPolicyErrors.RemoteCertificateChainErrors) != 0)
        {
            return $"its certificate ({presented.Subject}) was not issued by an authority that this system trusts; set its authority in DaskTlsOptions.CaFile.";
        }

        if (name is not null && !presented.MatchesHostname(name))
        {
            // Anybody can have a certificate of an authority that a system trusts: only its name tells who it is.
            string advice = options.ServerName is null
                ? " Set DaskTlsOptions.CaFile to the authority of your schedulers, or DaskTlsOptions.ServerName to the name in the certificate."
                : string.Empty;
            return $"its certificate ({presented.Subject}) is not valid for the name {name}.{advice}";
        }

        if (authorities is null)
        {
            return null;
        }

        using X509Chain custom = new();
        custom.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        custom.ChainPolicy.CustomTrustStore.AddRange(authorities);
        custom.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        custom.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreInvalidName;
        foreach (X509ChainElement element in chain?.ChainElements ?? custom.ChainElements)
        {
            custom.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        return custom.Build(presented)
            ? null
            : $"its certificate ({presented.Subject}) does not chain to an authority in {options.CaFile}: " +
              string.Join(", ", custom.ChainStatus.Select(s => s.Status).Distinct()) + ".";
    }

    private static X509Certificate2? LoadOwn(DaskTlsOptions options)
    {
        if (options.CertificateFile is not { } file)
        {
            return null;
        }

        try
        {
            using X509Certificate2 loaded = X509Certificate2.CreateFromPemFile(file, options.KeyFile);
            // Windows cannot use a key that lives in memory only; a round through PKCS#12 gives one that it can.
            return X509CertificateLoader.LoadPkcs12(loaded.Export(X509ContentType.Pkcs12), null);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new DaskTlsException(
                $"The client certificate {file} (key: {options.KeyFile ?? "in the same file"}) cannot be used: {e.Message} Both must be PEM files, and the key must not be encrypted.", e);
        }
    }

    private static X509Certificate2Collection? LoadAuthorities(DaskTlsOptions options)
    {
        if (options.CaFile is not { } file)
        {
            return null;
        }

        try
        {
            X509Certificate2Collection authorities = [];
            authorities.ImportFromPemFile(file);
            return authorities.Count > 0
                ? authorities
                : throw new DaskTlsException($"The file {file} (DaskTlsOptions.CaFile) contains no certificate in PEM format.");
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new DaskTlsException($"The authorities in {file} (DaskTlsOptions.CaFile) cannot be read: {e.Message}", e);
        }
    }
}
