namespace DaskK8s;

/// <summary>The exception that is thrown when another client changed the object in the meantime (409).</summary>
public sealed class KubernetesConflictException : KubernetesApiException
{
    internal KubernetesConflictException(string message, KubernetesApiCall call, int? statusCode, Exception? innerException = null)
        : base(message, call, statusCode, innerException)
    {
    }
}
