namespace DaskK8s;

/// <summary>The exception that is thrown when a group is scaled by memory, cores or GPUs and its pods do not declare that resource.</summary>
public sealed class ScaleTargetUnknownException : DaskK8sException
{
    internal ScaleTargetUnknownException(string workerGroup, string resource, IEnumerable<string> limits)
        : base(
            $"The worker group {workerGroup} cannot be scaled by {resource}: its pods have neither a limit nor a request of it. " +
            $"They have: {string.Join(", ", limits.Order(StringComparer.Ordinal).DefaultIfEmpty("none"))}. Scale it by a number of replicas, or give the group limits in the values.")
    {
        WorkerGroup = workerGroup;
        Resource = resource;
    }

    /// <summary>Gets the group's name.</summary>
    public string WorkerGroup { get; }

    /// <summary>Gets the requested resource: <c>memory</c>, <c>cpu</c> or <c>gpu</c>.</summary>
    public string Resource { get; }
}
