namespace DaskK8s;

/// <summary>The exception that is thrown when a connection to the API server could not be established or broke.</summary>
public sealed class KubernetesUnreachableException : KubernetesApiException
{
    internal KubernetesUnreachableException(string message, KubernetesApiCall call, int? statusCode, Exception? innerException = null)
        : base(message, call, statusCode, innerException)
    {
    }
}
