namespace DaskK8s;

/// <summary>The ways to shrink a worker group.</summary>
public enum ScaleDown
{
    /// <summary>
    /// Chooses the workers that leave, waits for their tasks, moves their results to other workers, and has Kubernetes remove
    /// exactly their pods. Where that cannot be had, a <see cref="LosslessScaleDownException"/> says why, before anything was changed.
    /// </summary>
    Lossless,

    /// <summary>Sets the number and lets Kubernetes choose: results that only the leaving workers held are lost and computed again.</summary>
    Immediate,
}
