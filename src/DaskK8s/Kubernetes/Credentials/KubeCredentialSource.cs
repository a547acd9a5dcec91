namespace DaskK8s.Kubernetes.Credentials;

/// <summary>A source of credentials.</summary>
internal abstract class KubeCredentialSource : IDisposable
{
    /// <summary>Gets the credential to use now.</summary>
    /// <param name="cancellationToken">Cancels the wait, but not the work that other callers also wait for.</param>
    /// <returns>The credential.</returns>
    /// <exception cref="KubeCredentialException">No credential can be obtained.</exception>
    public abstract ValueTask<KubeCredential> GetAsync(CancellationToken cancellationToken);

    /// <summary>Gets another credential after the server rejected one.</summary>
    /// <param name="refused">The rejected credential.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Another credential; null if there is no other.</returns>
    /// <exception cref="KubeCredentialException">No credential can be obtained.</exception>
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
