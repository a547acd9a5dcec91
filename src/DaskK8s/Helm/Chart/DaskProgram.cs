namespace DaskK8s.Helm.Chart;

/// <summary>The Dask programs that a container can run.</summary>
internal enum DaskProgram
{
    /// <summary>Not a Dask program.</summary>
    Other,

    /// <summary><c>dask scheduler</c>.</summary>
    Scheduler,

    /// <summary><c>dask worker</c>.</summary>
    Worker,

    /// <summary><c>dask cuda worker</c>: one worker process per GPU.</summary>
    CudaWorker,
}
