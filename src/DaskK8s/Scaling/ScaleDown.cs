namespace DaskK8s;

/// <summary>The ways to shrink a worker group.</summary>
public enum ScaleDown
{
    /// <summary>
    /// Selects the leaving workers, waits for their tasks, moves their results to other workers, and has Kubernetes remove
    /// exactly their pods. If this is not possible, a <see cref="LosslessScaleDownException"/> says why before anything is changed.
    /// </summary>
    Lossless,

    /// <summary>Sets the number and lets Kubernetes select the pods: results that only leaving workers held are lost and computed again.</summary>
    Immediate,
}
