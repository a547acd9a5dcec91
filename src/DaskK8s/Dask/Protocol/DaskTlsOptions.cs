namespace DaskK8s;

/// <summary>The certificates for a scheduler with a <c>tls://</c> address.</summary>
/// <remarks>
/// The files are those of Dask's own configuration (<c>distributed.comm.tls</c>): PEM, the scheduler demands a client certificate
/// of the same authority. They are read anew for each connection, so that renewed certificates take effect.
/// </remarks>
public sealed record DaskTlsOptions
{
    /// <summary>Gets the PEM file of the certificate authority (one or several) that signed the scheduler's certificate.</summary>
    /// <value>Null by default: the system's authorities are used, and the certificate must be valid for the host that is dialled or for <see cref="ServerName"/>.</value>
    public string? CaFile { get; init; }

    /// <summary>Gets the PEM file of our certificate, followed by its intermediates where there are any.</summary>
    /// <value>Null by default; Dask's schedulers refuse clients without one.</value>
    public string? CertificateFile { get; init; }

    /// <summary>Gets the PEM file of our certificate's private key, unencrypted.</summary>
    /// <value>Null by default: the key is looked for in <see cref="CertificateFile"/>.</value>
    public string? KeyFile { get; init; }

    /// <summary>Gets the host name that the scheduler's certificate must be valid for.</summary>
    /// <value>
    /// Null by default. With a <see cref="CaFile"/>, as in Dask itself, only the authority is then verified, as schedulers are reached by
    /// addresses that no certificate names (a pod's IP, a forwarded port). Without one, the host that is dialled is the name.
    /// </value>
    public string? ServerName { get; init; }
}
