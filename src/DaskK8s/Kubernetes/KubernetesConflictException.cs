namespace DaskK8s;

/// <summary>Is thrown when somebody else changed the object meanwhile (409).</summary>
public sealed class KubernetesConflictException : KubernetesApiException
{
    internal KubernetesConflictException(string message, KubernetesApiCall call, int? statusCode, Exception? innerException = null)
        : base(message, call, statusCode, innerException)
    {
    }
}
