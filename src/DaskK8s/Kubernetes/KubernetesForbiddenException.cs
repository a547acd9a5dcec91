namespace DaskK8s;

/// <summary>The exception that is thrown when the caller lacks a permission (403). <see cref="KubernetesApiException.Call"/> is the rule missing from the caller's Role.</summary>
public sealed class KubernetesForbiddenException : KubernetesApiException
{
    internal KubernetesForbiddenException(string message, KubernetesApiCall call, int? statusCode, Exception? innerException = null)
        : base(message, call, statusCode, innerException)
    {
    }
}
