namespace DaskK8s;

/// <summary>The exception that is thrown when the API server failed (5xx), even after retries.</summary>
public sealed class KubernetesServerException : KubernetesApiException
{
    internal KubernetesServerException(string message, KubernetesApiCall call, int? statusCode, Exception? innerException = null)
        : base(message, call, statusCode, innerException)
    {
    }
}
