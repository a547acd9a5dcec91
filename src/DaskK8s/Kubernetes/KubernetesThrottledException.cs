namespace DaskK8s;

/// <summary>Is thrown when the API server asked to slow down (429) and still did after the retries.</summary>
public sealed class KubernetesThrottledException : KubernetesApiException
{
    internal KubernetesThrottledException(string message, KubernetesApiCall call, int? statusCode, Exception? innerException = null)
        : base(message, call, statusCode, innerException)
    {
    }
}
