namespace DaskK8s.Kubernetes.Transport;

/// <summary>An answer, or a line of a watch, beyond the size limit; it is translated before it leaves the room.</summary>
internal sealed class KubeBodyTooLargeException(long limit) : IOException($"More than {limit} bytes.")
{
    /// <summary>Gets the limit, bytes.</summary>
    public long Limit { get; } = limit;
}
