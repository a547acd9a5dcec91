namespace DaskK8s;

/// <summary>The exception that is thrown when the API server did not respond in time.</summary>
public sealed class KubernetesTimeoutException : KubernetesApiException
{
    internal KubernetesTimeoutException(string message, KubernetesApiCall call, int? statusCode, Exception? innerException = null)
        : base(message, call, statusCode, innerException)
    {
    }
}
