namespace DaskK8s;

/// <summary>Is thrown when the Kubernetes API refused or could not answer a call; its children tell the cases apart.</summary>
public abstract class KubernetesApiException : DaskK8sException
{
    private protected KubernetesApiException(string message, KubernetesApiCall call, int? statusCode, Exception? innerException = null)
        : base(message, innerException)
    {
        Call = call;
        StatusCode = statusCode;
    }

    /// <summary>Gets what was asked of the API.</summary>
    public KubernetesApiCall Call { get; }

    /// <summary>Gets the HTTP status, or null where no answer came.</summary>
    public int? StatusCode { get; }
}
