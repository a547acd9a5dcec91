namespace DaskK8s;

/// <summary>The exception that is thrown when the API server does not accept the credentials (401): they are missing, wrong or expired.</summary>
public sealed class KubernetesUnauthorizedException : KubernetesApiException
{
    internal KubernetesUnauthorizedException(string message, KubernetesApiCall call, int? statusCode, Exception? innerException = null)
        : base(message, call, statusCode, innerException)
    {
    }
}
