using System.Net.Http.Headers;
using System.Net.Security;
using System.Text;

using DaskK8s.Common;
using DaskK8s.Kubernetes.Config;

using Microsoft.Extensions.Logging;

namespace DaskK8s.Kubernetes.Credentials;

/// <summary>
/// Provides the credentials in a kubeconfig or in the files that it references. Files are read again every minute (as client-go
/// does with token files) and after a rejection; while a file is incomplete, the last valid content stays in use.
/// </summary>
internal sealed class KubeConfigFileCredentials : KubeCredentialSource
{
    private static readonly TimeSpan RereadAfter = TimeSpan.FromMinutes(1);

    private readonly KubeConfigUser _user;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly bool _usesFiles;
    private readonly Lock _gate = new();
    private string? _token;
    private string? _certificatePem;
    private string? _keyPem;
    private long _readAt;
    private volatile KubeCredential _current;

    /// <summary>Reads the credentials for the first time.</summary>
    /// <param name="user">The user.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">The logger.</param>
    /// <exception cref="KubeConfigException">An entry cannot be used.</exception>
    /// <exception cref="KubeCredentialException">A token cannot be obtained.</exception>
    public KubeConfigFileCredentials(KubeConfigUser user, TimeProvider timeProvider, ILogger logger)
    {
        _user = user;
        _timeProvider = timeProvider;
        _logger = logger;
        bool certificateFile = user is { ClientCertificate: not null, ClientCertificateData: null };
        bool keyFile = user is { ClientKey: not null, ClientKeyData: null };
        _usesFiles = user.TokenFile is not null || certificateFile || keyFile;
        _current = Read(previous: null);
        _readAt = timeProvider.GetTimestamp();
    }

    /// <inheritdoc/>
    public override ValueTask<KubeCredential> GetAsync(CancellationToken cancellationToken)
    {
        if (_usesFiles && _timeProvider.GetElapsedTime(Volatile.Read(ref _readAt)) >= RereadAfter)
        {
            Reread();
        }

        return ValueTask.FromResult(_current);
    }

    /// <inheritdoc/>
    public override ValueTask<KubeCredential?> RenewAsync(KubeCredential refused, CancellationToken cancellationToken)
    {
        if (_usesFiles && ReferenceEquals(_current, refused))
        {
            Reread();
        }

        return ValueTask.FromResult(ReferenceEquals(_current, refused) ? null : _current);
    }

    private void Reread()
    {
        lock (_gate)
        {
            Volatile.Write(ref _readAt, _timeProvider.GetTimestamp());
            try
            {
                KubeCredential previous = _current;
                _current = Read(previous);
                if (!ReferenceEquals(previous, _current))
                {
                    _logger.CredentialFilesChanged(_user.Name);
                }
            }
            catch (DaskK8sException e)
            {
                _logger.CredentialFilesUnreadable(_user.Name, e.Message);
            }
        }
    }

    private KubeCredential Read(KubeCredential? previous)
    {
        string? token = ReadToken();
        (string? certificatePem, string? keyPem) = ReadCertificate();
        bool sameCertificate = previous is not null && certificatePem == _certificatePem && keyPem == _keyPem;
        if (sameCertificate && token == _token)
        {
            return previous!;
        }

        SslStreamCertificateContext? certificate = sameCertificate
            ? previous!.Certificate
            : certificatePem is null ? null : KubeConfigPem.ReadClientCertificate(certificatePem, keyPem!, "'client-certificate'", Unusable);
        AuthenticationHeaderValue? header = token is not null
            ? Bearer(token, message => TokenError(message, null))
            : _user.Username is not null ? Basic(_user.Username, _user.Password ?? "") : null;
        (_token, _certificatePem, _keyPem) = (token, certificatePem, keyPem);
        return new KubeCredential(header, certificate);
    }

    /// <summary>Creates the header for a token.</summary>
    /// <param name="token">The token.</param>
    /// <param name="unusable">Creates the error from a description of the problem.</param>
    /// <returns>The header.</returns>
    public static AuthenticationHeaderValue Bearer(string token, Func<string, Exception> unusable) =>
        token.All(letter => letter is > ' ' and < '\x7f')
            ? new AuthenticationHeaderValue("Bearer", token)
            : throw unusable("the token contains characters that are not allowed in a header");

    private static AuthenticationHeaderValue Basic(string name, string password) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{password}")));

    private string? ReadToken()
    {
        if (_user.TokenFile is null)
        {
            return _user.Token;
        }

        try
        {
            string token = BoundedFile.ReadAllText(_user.TokenFile, BoundedFile.MaxKeyBytes).Trim();
            return token.Length > 0 ? token : _user.Token ?? throw TokenError("the token file is empty", _user.TokenFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return _user.Token ?? throw TokenError(KubeConfigErrors.Unreadable("token file", _user.TokenFile, e).Message.TrimEnd('.'), _user.TokenFile);
        }
    }

    private (string? Certificate, string? Key) ReadCertificate()
    {
        string? certificate = ReadPem(_user.ClientCertificateData, "client-certificate-data", _user.ClientCertificate, "client-certificate");
        string? key = ReadPem(_user.ClientKeyData, "client-key-data", _user.ClientKey, "client-key");
        return certificate is not null && key is null
            ? throw Unusable("there is a client certificate, but neither 'client-key' nor 'client-key-data'")
            : (certificate, key);
    }

    private string? ReadPem(string? data, string dataKey, string? path, string pathKey)
    {
        if (data is not null)
        {
            return KubeConfigPem.Decode(data, dataKey, Unusable);
        }

        try
        {
            return path is null ? null : BoundedFile.ReadAllText(path, BoundedFile.MaxKeyBytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw KubeConfigErrors.Unreadable($"'{pathKey}' of the user '{_user.Name}',", path!, e);
        }
    }

    private KubeConfigException Unusable(string what) => KubeConfigErrors.Unusable("user", _user.Name, _user.Source, what);

    private KubeCredentialException TokenError(string what, string? path)
    {
        string whose = _user.Name is null ? "the pod's service account" : $"the kubeconfig's user '{_user.Name}'";
        return new KubeCredentialException($"There are no credentials for {whose}: {what}.") { User = _user.Name, Path = path };
    }
}
