namespace DaskK8s;

/// <summary>The certificates for a scheduler with a <c>tls://</c> address.</summary>
/// <remarks>
/// The files are those of Dask's own configuration (<c>distributed.comm.tls</c>), in PEM format. The scheduler requires a client certificate
/// of the same authority. The files are read again for each connection, so that renewed certificates take effect.
/// </remarks>
public sealed record DaskTlsOptions
{
    /// <summary>Gets the PEM file with the certificate authorities, one of which signed the scheduler's certificate.</summary>
    /// <value>Null by default: the system's authorities are used, and the certificate must be valid for the host of the address or for <see cref="ServerName"/>.</value>
    public string? CaFile { get; init; }

    /// <summary>Gets the PEM file of the client certificate, followed by its intermediate certificates, if any.</summary>
    /// <value>Null by default; Dask schedulers reject clients without one.</value>
    public string? CertificateFile { get; init; }

    /// <summary>Gets the PEM file of the client certificate's unencrypted private key.</summary>
    /// <value>Null by default: the key is read from <see cref="CertificateFile"/>.</value>
    public string? KeyFile { get; init; }

    /// <summary>Gets the host name that the scheduler's certificate must be valid for.</summary>
    /// <value>
    /// Null by default. With a <see cref="CaFile"/>, only the authority is then verified, as in Dask itself, because schedulers are reached by
    /// addresses that certificates do not contain (a pod's IP, a forwarded port). Without a CaFile, the host of the address is used.
    /// </value>
    public string? ServerName { get; init; }
}
