namespace DaskK8s;

/// <summary>Is thrown when the API server does not know who calls (401): the credentials are missing, wrong or expired.</summary>
public sealed class KubernetesUnauthorizedException : KubernetesApiException
{
    internal KubernetesUnauthorizedException(string message, KubernetesApiCall call, int? statusCode, Exception? innerException = null)
        : base(message, call, statusCode, innerException)
    {
    }
}
