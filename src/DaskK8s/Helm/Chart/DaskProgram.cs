namespace DaskK8s.Helm.Chart;

/// <summary>Names the programs of Dask that a container can run.</summary>
internal enum DaskProgram
{
    /// <summary>None of Dask's.</summary>
    Other,

    /// <summary><c>dask scheduler</c>.</summary>
    Scheduler,

    /// <summary><c>dask worker</c>.</summary>
    Worker,

    /// <summary><c>dask cuda worker</c>: one worker process a GPU.</summary>
    CudaWorker,
}
