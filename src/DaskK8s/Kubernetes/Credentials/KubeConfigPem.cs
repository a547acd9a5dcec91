using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace DaskK8s.Kubernetes.Credentials;

/// <summary>Reads certificates and keys; errors contain the name of the entry or file, never its content.</summary>
internal static class KubeConfigPem
{
    /// <summary>Decodes a <c>…-data</c> entry.</summary>
    /// <param name="value">The base64 string; line breaks are ignored.</param>
    /// <param name="unusable">Creates the error from a description of the problem.</param>
    /// <param name="key">The entry's key.</param>
    /// <returns>The PEM string.</returns>
    public static string Decode(string value, string key, Func<string, Exception> unusable)
    {
        try
        {
            // kubectl passes over line ends and nothing else; .NET would pass over blanks too.
            return value.AsSpan().ContainsAny(' ', '\t')
                ? throw unusable($"'{key}' is not valid base64: it contains a space")
                : Encoding.UTF8.GetString(Convert.FromBase64String(value));
        }
        catch (FormatException)
        {
            throw unusable($"'{key}' is not valid base64");
        }
    }

    /// <summary>Reads trusted CA certificates.</summary>
    /// <param name="pem">One or more certificates.</param>
    /// <param name="what">Their source, for errors.</param>
    /// <param name="unusable">Creates the error from a description of the problem.</param>
    /// <returns>The certificates, at least one.</returns>
    public static X509Certificate2Collection ReadAuthorities(string pem, string what, Func<string, Exception> unusable)
    {
        X509Certificate2Collection certificates = [];
        try
        {
            certificates.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            throw unusable($"{what} contains a damaged certificate");
        }

        return certificates.Count > 0 ? certificates : throw unusable($"{what} contains no certificate in PEM format");
    }

    /// <summary>Reads a client certificate, its intermediates and its key.</summary>
    /// <param name="certificatePem">The certificate, followed by any intermediates.</param>
    /// <param name="keyPem">The key, unencrypted.</param>
    /// <param name="what">Their source, for errors.</param>
    /// <param name="unusable">Creates the error from a description of the problem.</param>
    /// <returns>The certificate context for TLS.</returns>
    public static SslStreamCertificateContext ReadClientCertificate(
        string certificatePem,
        string keyPem,
        string what,
        Func<string, Exception> unusable)
    {
        X509Certificate2Collection chain = ReadAuthorities(certificatePem, what, unusable);
        if (keyPem.Contains("ENCRYPTED", StringComparison.Ordinal))
        {
            throw unusable($"the key of {what} is encrypted; kubeconfig files have no place for its password");
        }

        if (EdwardsCurve(chain[0]) is { } curve)
        {
            throw unusable($"{what} has a key of the kind {curve}, which .NET's TLS cannot use; get a certificate with an RSA or ECDSA key");
        }

        try
        {
            X509Certificate2 certificate = WithKey(chain[0], keyPem);
            if (OperatingSystem.IsWindows())
            {
                // Schannel cannot use a key that lives in memory only.
                using X509Certificate2 ephemeral = certificate;
                certificate = X509CertificateLoader.LoadPkcs12(ephemeral.Export(X509ContentType.Pkcs12), null);
            }

            chain.RemoveAt(0);
            return SslStreamCertificateContext.Create(certificate, chain, offline: true);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw unusable($"the key of {what} is missing, damaged, of an unknown kind, or belongs to another certificate");
        }
    }

    // Go takes the first block whose label ends so, and then tries each encoding, whatever the label says (tls.X509KeyPair).
    private static X509Certificate2 WithKey(X509Certificate2 certificate, string pem)
    {
        foreach ((string label, byte[] der) in Blocks(pem).Where(static b => b.Label == "PRIVATE KEY" || b.Label.EndsWith(" PRIVATE KEY", StringComparison.Ordinal)))
        {
            using RSA? rsa = TryImport(RSA.Create, static (key, bytes) => key.ImportRSAPrivateKey(bytes, out _), static (key, bytes) => key.ImportPkcs8PrivateKey(bytes, out _), der);
            if (rsa is not null)
            {
                return certificate.CopyWithPrivateKey(rsa);
            }

            using ECDsa? ec = TryImport(ECDsa.Create, static (key, bytes) => key.ImportPkcs8PrivateKey(bytes, out _), static (key, bytes) => key.ImportECPrivateKey(bytes, out _), der);
            return ec is not null ? certificate.CopyWithPrivateKey(ec) : throw new CryptographicException($"The block '{label}' is not a key.");
        }

        throw new CryptographicException("There is no private key.");
    }

    private static List<(string Label, byte[] Der)> Blocks(string pem)
    {
        List<(string, byte[])> blocks = [];
        ReadOnlySpan<char> rest = pem;
        while (PemEncoding.TryFind(rest, out PemFields fields))
        {
            byte[] der = new byte[fields.DecodedDataLength];
            Convert.TryFromBase64Chars(rest[fields.Base64Data], der, out _);
            blocks.Add((rest[fields.Label].ToString(), der));
            rest = rest[fields.Location.End..];
        }

        return blocks;
    }

    private static T? TryImport<T>(Func<T> create, Action<T, byte[]> first, Action<T, byte[]> second, byte[] der)
        where T : AsymmetricAlgorithm
    {
        T key = create();
        foreach (Action<T, byte[]> import in (Action<T, byte[]>[])[first, second])
        {
            try
            {
                import(key, der);
                return key;
            }
            catch (CryptographicException)
            {
                // The next encoding.
            }
        }

        key.Dispose();
        return null;
    }

    private static string? EdwardsCurve(X509Certificate2 certificate) => certificate.GetKeyAlgorithm() switch
    {
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        _ => null,
    };
}
