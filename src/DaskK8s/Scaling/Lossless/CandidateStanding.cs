namespace DaskK8s.Scaling.Lossless;

/// <summary>The knowledge about the Dask workers in a pod.</summary>
internal enum CandidateStanding
{
    /// <summary>The scheduler lists all workers that the pod starts.</summary>
    Known,

    /// <summary>No process runs in the pod, so it holds no results.</summary>
    Empty,

    /// <summary>The container has just started, and its workers can still connect.</summary>
    Starting,

    /// <summary>The container runs but the scheduler does not list its workers: what they hold is unknown.</summary>
    Unknown,
}
