namespace DaskK8s;

/// <summary>The exception that is thrown when the object does not exist (404).</summary>
public sealed class KubernetesNotFoundException : KubernetesApiException
{
    internal KubernetesNotFoundException(string message, KubernetesApiCall call, int? statusCode, Exception? innerException = null)
        : base(message, call, statusCode, innerException)
    {
    }
}
