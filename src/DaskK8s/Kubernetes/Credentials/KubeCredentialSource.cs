namespace DaskK8s.Kubernetes.Credentials;

/// <summary>A source of credentials.</summary>
internal abstract class KubeCredentialSource : IDisposable
{
    /// <summary>Gets the credential to use now.</summary>
    /// <param name="cancellationToken">Ends the wait, not the work that others wait for too.</param>
    /// <returns>The credential.</returns>
    /// <exception cref="KubeCredentialException">There is none to be had.</exception>
    public abstract ValueTask<KubeCredential> GetAsync(CancellationToken cancellationToken);

    /// <summary>Gets another credential after the server refused one.</summary>
    /// <param name="refused">The refused one.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Another one; null where there is no other.</returns>
    /// <exception cref="KubeCredentialException">There is none to be had.</exception>
    public abstract ValueTask<KubeCredential?> RenewAsync(KubeCredential refused, CancellationToken cancellationToken);

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }
}
