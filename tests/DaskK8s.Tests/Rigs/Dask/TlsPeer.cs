using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using DaskK8s.Dask.Protocol;

namespace DaskK8s.Tests.Rigs.Dask;

/// <summary>A TLS server in memory whose certificate comes from an authority that this user's system trusts while it lives.</summary>
internal sealed class TlsPeer : IDisposable
{
    private readonly X509Certificate2 _authority;
    private readonly X509Certificate2 _own;

    private TlsPeer(X509Certificate2 authority, X509Certificate2 own)
    {
        (_authority, _own) = (authority, own);
        CaFile = Path.Combine(Path.GetTempPath(), $"daskk8s-{Guid.NewGuid():N}.pem");
        File.WriteAllText(CaFile, authority.ExportCertificatePem());
    }

    /// <summary>Gets the authority's certificate as a file.</summary>
    public string CaFile { get; }

    public static TlsPeer TrustedBySystem(string host)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere trusting an authority asks the user for a click.");
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN=DaskK8s test {Guid.NewGuid():N}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 signer = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddHours(2));
        X509Certificate2 authority = X509CertificateLoader.LoadCertificate(signer.RawData);
        using (X509Store store = new(StoreName.Root, StoreLocation.CurrentUser))
        {
            store.Open(OpenFlags.ReadWrite);
#pragma warning disable CA5380 // The authority's key is forgotten with this method, and the certificate is taken out again.
            store.Add(authority);
#pragma warning restore CA5380
        }

        return new TlsPeer(authority, Issue(signer, host));
    }

    /// <summary>Lets the library authenticate this peer as the scheduler at an address.</summary>
    public async Task<Stream> AuthenticateAsync(string host, DaskTlsOptions options, CancellationToken cancellationToken)
    {
        (Stream ours, Stream theirs) = DuplexStream.CreatePair();
        Task serving = ServeAsync(theirs, cancellationToken);
        try
        {
            return await SchedulerTls.AuthenticateAsync(ours, options, $"tls://{host}:8786", cancellationToken);
        }
        finally
        {
            await serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose()
    {
        using (X509Store store = new(StoreName.Root, StoreLocation.CurrentUser))
        {
            store.Open(OpenFlags.ReadWrite);
            store.Remove(_authority);
        }

        File.Delete(CaFile);
        _authority.Dispose();
        _own.Dispose();
    }

    private static X509Certificate2 Issue(X509Certificate2 signer, string host)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={host}", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        if (IPAddress.TryParse(host, out IPAddress? ip))
        {
            names.AddIpAddress(ip);
        }
        else
        {
            names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.Create(
            signer, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1), RandomNumberGenerator.GetBytes(8));
        using X509Certificate2 keyed = certificate.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(keyed.Export(X509ContentType.Pkcs12), null);
    }

    private async Task ServeAsync(Stream stream, CancellationToken cancellationToken)
    {
        SslStream secure = new(stream);
        await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _own }, cancellationToken);
    }
}
