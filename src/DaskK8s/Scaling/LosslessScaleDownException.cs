namespace DaskK8s;

/// <summary>The exception that is thrown when a group cannot shrink without losing results. Nothing was changed.</summary>
public sealed class LosslessScaleDownException : DaskK8sException
{
    internal LosslessScaleDownException(
        LosslessScaleDownObstacle obstacle, string workerGroup, int replicas, string reason, Exception? innerException = null)
        : base(
            FormattableString.Invariant($"The worker group {workerGroup} cannot be scaled down to {replicas} without a loss: {reason} ") +
            "Nothing was changed. To scale down anyway and recompute lost results, scale with " +
            $"new {nameof(ScaleOptions)} {{ {nameof(ScaleOptions.ScaleDown)} = {nameof(DaskK8s.ScaleDown)}.{nameof(DaskK8s.ScaleDown.Immediate)} }}.",
            innerException)
    {
        Obstacle = obstacle;
        WorkerGroup = workerGroup;
        Replicas = replicas;
    }

    /// <summary>Gets the obstacle.</summary>
    public LosslessScaleDownObstacle Obstacle { get; }

    /// <summary>Gets the group's name.</summary>
    public string WorkerGroup { get; }

    /// <summary>Gets the requested replicas.</summary>
    public int Replicas { get; }
}
