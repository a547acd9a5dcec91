namespace DaskK8s;

/// <summary>Names what a pod of the Dask chart is; as a filter, which pods are meant.</summary>
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
