using Microsoft.Extensions.Logging;

namespace DaskK8s.Kubernetes.Credentials;

/// <summary>Log messages about credentials: events 2100 to 2199. They never contain a token, a key, an argument or an output.</summary>
internal static partial class KubeCredentialLog
{
    [LoggerMessage(2100, LogLevel.Debug, "Opened the configuration of context {Context}: server {Server}, namespace {Namespace}, proxy {Proxy}.")]
    public static partial void ConfigurationOpened(this ILogger logger, string? context, Uri server, string @namespace, string? proxy);

    [LoggerMessage(2101, LogLevel.Information, "The credential files of user {User} had changed and were read again.")]
    public static partial void CredentialFilesChanged(this ILogger logger, string? user);

    [LoggerMessage(2102, LogLevel.Warning, "The credential files of user {User} could not be read again, so the former content stayed in use: {Reason}")]
    public static partial void CredentialFilesUnreadable(this ILogger logger, string? user, string reason);

    [LoggerMessage(2103, LogLevel.Information, "The credential helper {Command} of user {User} returned credentials that expire at {Expiry}.")]
    public static partial void CredentialHelperRan(this ILogger logger, string command, string? user, DateTimeOffset? expiry);

    [LoggerMessage(2104, LogLevel.Warning, "The credential helper {Command} of user {User} failed before its credentials expired, so they stayed in use: {Reason}")]
    public static partial void CredentialHelperFailedEarly(this ILogger logger, string command, string? user, string reason);

    [LoggerMessage(2105, LogLevel.Debug, "The API server refused the credentials of user {User}; renewed ones were tried.")]
    public static partial void CredentialRenewed(this ILogger logger, string? user);

    [LoggerMessage(2106, LogLevel.Information, "The client certificate of user {User} had changed, so new connections were made; open streams went on.")]
    public static partial void ClientCertificateChanged(this ILogger logger, string? user);
}
