namespace DaskK8s;

/// <summary>Is thrown when no connection to the API server could be made or kept.</summary>
public sealed class KubernetesUnreachableException : KubernetesApiException
{
    internal KubernetesUnreachableException(string message, KubernetesApiCall call, int? statusCode, Exception? innerException = null)
        : base(message, call, statusCode, innerException)
    {
    }
}
