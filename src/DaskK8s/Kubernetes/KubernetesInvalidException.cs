namespace DaskK8s;

/// <summary>The exception that is thrown when the API server rejects the request (400, 422 and other 4xx).</summary>
public sealed class KubernetesInvalidException : KubernetesApiException
{
    internal KubernetesInvalidException(string message, KubernetesApiCall call, int? statusCode, Exception? innerException = null)
        : base(message, call, statusCode, innerException)
    {
    }
}
