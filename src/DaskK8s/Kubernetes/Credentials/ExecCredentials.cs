using System.Net.Http.Headers;
using System.Net.Security;

using DaskK8s.Kubernetes.Config;

using Microsoft.Extensions.Logging;

namespace DaskK8s.Kubernetes.Credentials;

/// <summary>
/// Provides the credentials that a helper program prints. The helper runs when the first request needs them, shortly before they
/// expire, and after a rejection; only one run at a time, shared by all callers.
/// </summary>
internal sealed class ExecCredentials : KubeCredentialSource
{
    private static readonly TimeSpan MaxMargin = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(10);

    private readonly KubeConfigExec _exec;
    private readonly ExecProcess _process;
    private readonly KubeCredentialSource _fallback;
    private readonly KubeConfigUser _user;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _disposed = new();
    private readonly CancellationToken _stop;
    private readonly Lock _gate = new();
    private Task<Held>? _running;
    private volatile Held? _held;

    /// <summary>Creates the source; the helper does not run yet.</summary>
    /// <param name="exec">The helper.</param>
    /// <param name="identity">The identity that needs the credentials.</param>
    /// <param name="fallback">Supplies what the helper does not, such as a certificate in the kubeconfig. Disposed with this object.</param>
    /// <param name="options">The clock, the time limit and the environment.</param>
    /// <param name="logger">The logger.</param>
    public ExecCredentials(KubeConfigExec exec, KubeConfigIdentity identity, KubeCredentialSource fallback, KubeConfigOptions options, ILogger logger)
    {
        _exec = exec;
        _stop = _disposed.Token;
        _fallback = fallback;
        _user = identity.User;
        _timeProvider = options.TimeProvider;
        _logger = logger;
        _process = new ExecProcess(exec, identity.Cluster, identity.User.Name, options.ExecTimeout, options.TimeProvider, options.Environment);
    }

    /// <inheritdoc/>
    public override ValueTask<KubeCredential> GetAsync(CancellationToken cancellationToken)
    {
        Held? held = _held;
        return held is not null && _timeProvider.GetUtcNow() < held.RenewAt
            ? ValueTask.FromResult(held.Credential)
            : WaitAsync(held, cancellationToken);
    }

    /// <inheritdoc/>
    public override async ValueTask<KubeCredential?> RenewAsync(KubeCredential refused, CancellationToken cancellationToken)
    {
        Held? held = _held;
        if (held is not null && !ReferenceEquals(held.Credential, refused))
        {
            return await GetAsync(cancellationToken).ConfigureAwait(false);
        }

        // What was refused is worth nothing, however long it says it lasts.
        Held renewed = await RunOnce(held, keepOnFailure: false).WaitAsync(cancellationToken).ConfigureAwait(false);
        return renewed.Credential;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _disposed.Cancel();
            _disposed.Dispose();
            _fallback.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<KubeCredential> WaitAsync(Held? stale, CancellationToken cancellationToken)
    {
        Held held = await RunOnce(stale, keepOnFailure: true).WaitAsync(cancellationToken).ConfigureAwait(false);
        return held.Credential;
    }

    private Task<Held> RunOnce(Held? stale, bool keepOnFailure)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, this);
            if (_held is { } held && !ReferenceEquals(held, stale))
            {
                // Somebody's run ended between the caller's look and now.
                return Task.FromResult(held);
            }

            return _running ??= Task.Run(() => RunAsync(stale, keepOnFailure));
        }
    }

    private async Task<Held> RunAsync(Held? stale, bool keepOnFailure)
    {
        Held? result = null;
        try
        {
            string output = await _process.RunAsync(_stop).ConfigureAwait(false);
            result = await ReadAsync(output, stale).ConfigureAwait(false);
            _logger.CredentialHelperRan(_process.Command, _user.Name, result.Expiry);
            return result;
        }
        catch (KubeCredentialException e) when (keepOnFailure && stale?.Expiry is { } expiry && _timeProvider.GetUtcNow() < expiry)
        {
            _logger.CredentialHelperFailedEarly(_process.Command, _user.Name, e.Message);
            result = stale with { RenewAt = _timeProvider.GetUtcNow() + RetryPause };
            return result;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw new ObjectDisposedException(GetType().FullName);
        }
        finally
        {
            lock (_gate)
            {
                _held = result ?? _held;
                _running = null;
            }
        }
    }

    private async Task<Held> ReadAsync(string output, Held? former)
    {
        KubeCredentialException Failed(string what) => _process.Failed(what);
        ExecResponse response = ExecResponse.Read(output, _exec.ApiVersion, Failed);
        KubeCredential fallback = await _fallback.GetAsync(_stop).ConfigureAwait(false);
        AuthenticationHeaderValue? header = response.Token is null
            ? fallback.Header
            : KubeConfigFileCredentials.Bearer(response.Token, Failed);
        SslStreamCertificateContext? certificate = fallback.Certificate;
        if (response.CertificatePem is not null)
        {
            certificate = former is not null && former.CertificatePem == response.CertificatePem && former.KeyPem == response.KeyPem
                ? former.Credential.Certificate
                : KubeConfigPem.ReadClientCertificate(response.CertificatePem, response.KeyPem!, "its ExecCredential", Failed);
        }

        return new Held(
            new KubeCredential(header, certificate), response.CertificatePem, response.KeyPem, response.Expiry, RenewAt(response.Expiry));
    }

    /// <summary>Reserves a fifth of the lifetime, at most a minute, so that nothing expires on its way to the server.</summary>
    private DateTimeOffset RenewAt(DateTimeOffset? expiry)
    {
        if (expiry is not { } end)
        {
            return DateTimeOffset.MaxValue;
        }

        TimeSpan margin = (end - _timeProvider.GetUtcNow()) / 5;
        return end - (margin < TimeSpan.Zero ? TimeSpan.Zero : margin > MaxMargin ? MaxMargin : margin);
    }

    private sealed record Held(KubeCredential Credential, string? CertificatePem, string? KeyPem, DateTimeOffset? Expiry, DateTimeOffset RenewAt)
    {
        public override string ToString() => $"expires {Expiry}";
    }
}
