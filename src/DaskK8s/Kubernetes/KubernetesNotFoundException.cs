namespace DaskK8s;

/// <summary>Is thrown when the object is not there (404).</summary>
public sealed class KubernetesNotFoundException : KubernetesApiException
{
    internal KubernetesNotFoundException(string message, KubernetesApiCall call, int? statusCode, Exception? innerException = null)
        : base(message, call, statusCode, innerException)
    {
    }
}
