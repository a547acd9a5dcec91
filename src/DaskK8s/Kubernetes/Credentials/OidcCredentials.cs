using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Text.Json;

using DaskK8s.Kubernetes.Config;

namespace DaskK8s.Kubernetes.Credentials;

/// <summary>
/// The last token of the kubeconfig's <c>oidc</c> provider, until it expires. Requesting a new one with the refresh token is not
/// supported: kubectl does so on each call and writes the new token into the kubeconfig.
/// </summary>
internal sealed class OidcCredentials : KubeCredentialSource
{
    private readonly AuthenticationHeaderValue _header;
    private readonly DateTimeOffset? _expiry;
    private readonly KubeConfigUser _user;
    private readonly KubeCredentialSource _others;
    private readonly TimeProvider _timeProvider;
    private KubeCredential? _current;

    /// <summary>Creates the source and reads the token's expiration time.</summary>
    /// <param name="idToken">The token.</param>
    /// <param name="user">The user.</param>
    /// <param name="others">Supplies what the token does not, such as a client certificate. Disposed with this object.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <exception cref="KubeCredentialException">The token cannot be sent.</exception>
    public OidcCredentials(string idToken, KubeConfigUser user, KubeCredentialSource others, TimeProvider timeProvider)
    {
        _user = user;
        _others = others;
        _timeProvider = timeProvider;
        _header = KubeConfigFileCredentials.Bearer(idToken, what => Failed(what));
        _expiry = ReadExpiry(idToken);
    }

    /// <inheritdoc/>
    public override async ValueTask<KubeCredential> GetAsync(CancellationToken cancellationToken)
    {
        if (_expiry is { } expiry && expiry <= _timeProvider.GetUtcNow())
        {
            throw Failed(
                $"the id-token of its auth-provider 'oidc' expired at {expiry.UtcDateTime:u}, and this library does not support refreshing it. "
                + "Let kubectl make a call, which writes a new one into the kubeconfig, and connect again; or use an 'exec' helper such as kubelogin");
        }

        KubeCredential others = await _others.GetAsync(cancellationToken).ConfigureAwait(false);
        KubeCredential? current = _current;
        if (current is null || !ReferenceEquals(current.Certificate, others.Certificate))
        {
            _current = current = new KubeCredential(_header, others.Certificate);
        }

        return current;
    }

    /// <inheritdoc/>
    public override ValueTask<KubeCredential?> RenewAsync(KubeCredential refused, CancellationToken cancellationToken) => ValueTask.FromResult<KubeCredential?>(null);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _others.Dispose();
        }

        base.Dispose(disposing);
    }

    // The middle part of the token is JSON. What is none has no time, and the server decides.
    private static DateTimeOffset? ReadExpiry(string token)
    {
        try
        {
            using JsonDocument claims = JsonDocument.Parse(Base64Url.DecodeFromChars(token.Split('.')[1]));
            return claims.RootElement.TryGetProperty("exp", out JsonElement expiry) && expiry.ValueKind == JsonValueKind.Number && expiry.TryGetDouble(out double seconds)
                ? DateTimeOffset.FromUnixTimeSeconds((long)seconds)
                : null;
        }
        catch (Exception e) when (e is FormatException or JsonException or IndexOutOfRangeException or InvalidOperationException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    private KubeCredentialException Failed(string what) =>
        new($"There are no credentials for the kubeconfig's user '{_user.Name}': {what}.") { User = _user.Name, Path = _user.Source };
}
