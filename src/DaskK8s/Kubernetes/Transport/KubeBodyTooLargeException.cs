namespace DaskK8s.Kubernetes.Transport;

/// <summary>The exception for a response or watch line that exceeds the size limit; it is converted before it reaches the caller.</summary>
internal sealed class KubeBodyTooLargeException(long limit) : IOException($"More than {limit} bytes.")
{
    /// <summary>Gets the limit, in bytes.</summary>
    public long Limit { get; } = limit;
}
