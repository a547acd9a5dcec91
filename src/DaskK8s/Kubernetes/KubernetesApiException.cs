using System.Net.Http.Headers;

namespace DaskK8s;

/// <summary>The exception that is thrown when the Kubernetes API rejected or could not answer a call. Derived types identify the cause.</summary>
public abstract class KubernetesApiException : DaskK8sException
{
    private protected KubernetesApiException(string message, KubernetesApiCall call, int? statusCode, Exception? innerException = null)
        : base(message, innerException)
    {
        Call = call;
        StatusCode = statusCode;
    }

    /// <summary>Gets the call that failed.</summary>
    public KubernetesApiCall Call { get; }

    /// <summary>Gets the HTTP status, or null if there was no response.</summary>
    public int? StatusCode { get; }

    /// <summary>Gets or sets when the server asks for a retry, or null if it does not specify it.</summary>
    internal RetryConditionHeaderValue? RetryAfter { get; set; }
}
