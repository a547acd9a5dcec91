namespace DaskK8s;

/// <summary>The component of the Dask chart that a pod belongs to; as a filter, the pods to select.</summary>
public enum PodComponent
{
    /// <summary>As a filter: every pod of the release.</summary>
    All,

    /// <summary>The scheduler.</summary>
    Scheduler,

    /// <summary>A worker of any group.</summary>
    Worker,

    /// <summary>The Jupyter server.</summary>
    Jupyter,

    /// <summary>A pod of the release that is none of these.</summary>
    Other,
}
