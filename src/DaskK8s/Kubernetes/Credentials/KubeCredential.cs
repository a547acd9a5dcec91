using System.Net.Http.Headers;
using System.Net.Security;

namespace DaskK8s.Kubernetes.Credentials;

/// <summary>The credentials of an identity at one point in time. They are compared by reference: another object is another credential.</summary>
/// <param name="header">The Authorization header; null for none.</param>
/// <param name="certificate">The client's certificate; null for none. A renewed credential keeps the object of an unchanged certificate.</param>
internal sealed class KubeCredential(AuthenticationHeaderValue? header, SslStreamCertificateContext? certificate)
{
    /// <summary>Gets the Authorization header.</summary>
    public AuthenticationHeaderValue? Header { get; } = header;

    /// <summary>Gets the client's certificate.</summary>
    public SslStreamCertificateContext? Certificate { get; } = certificate;
}
