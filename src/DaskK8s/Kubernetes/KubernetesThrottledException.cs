namespace DaskK8s;

/// <summary>The exception that is thrown when the API server throttled the call (429), also after the retries.</summary>
public sealed class KubernetesThrottledException : KubernetesApiException
{
    internal KubernetesThrottledException(string message, KubernetesApiCall call, int? statusCode, Exception? innerException = null)
        : base(message, call, statusCode, innerException)
    {
    }
}
