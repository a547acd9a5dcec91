namespace DaskK8s.Scaling.Lossless;

/// <summary>Names what is known of the Dask workers in a pod.</summary>
internal enum CandidateStanding
{
    /// <summary>The scheduler lists as many workers there as the pod starts.</summary>
    Known,

    /// <summary>No process runs in the pod, so there is nothing that it could hold.</summary>
    Empty,

    /// <summary>The container has begun a moment ago, and its workers may still turn up.</summary>
    Starting,

    /// <summary>The container runs and the scheduler does not list its workers: nobody here knows what they hold.</summary>
    Unknown,
}
