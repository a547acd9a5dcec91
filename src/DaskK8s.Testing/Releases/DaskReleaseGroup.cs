namespace DaskK8s.Testing;

/// <summary>An additional worker group of a <see cref="DaskRelease"/> (<c>additional_worker_groups</c> of the chart).</summary>
public sealed record DaskReleaseGroup
{
    /// <summary>Gets the group's name.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the number of workers.</summary>
    /// <value>1 by default. As with the real chart, a group with 0 is deployed with the default group's number.</value>
    public int Replicas { get; init; } = 1;

    /// <summary>Gets the Dask resources of each worker, for example <c>GPU=1</c>.</summary>
    /// <value>None by default.</value>
    public string? DaskResources { get; init; }

    /// <summary>Gets additional arguments of the worker.</summary>
    /// <value>None by default.</value>
    public IReadOnlyList<string> ExtraArgs { get; init; } = [];

    /// <summary>Gets the limits that are merged into the default group's, for example <c>nvidia.com/gpu</c>.</summary>
    /// <value>None by default.</value>
    public IReadOnlyDictionary<string, string> Limits { get; init; } = new Dictionary<string, string>();

    /// <summary>Gets the requests that are merged into the default group's.</summary>
    /// <value>None by default.</value>
    public IReadOnlyDictionary<string, string> Requests { get; init; } = new Dictionary<string, string>();

    /// <summary>Gets the image.</summary>
    /// <value>The release's image by default.</value>
    public string? Image { get; init; }

    /// <summary>Gets the command that starts a worker.</summary>
    /// <value>The default group's by default.</value>
    public string? WorkerCommand { get; init; }

    /// <summary>Gets the address of the scheduler that the group's workers connect to (<c>custom_scheduler_url</c>).</summary>
    /// <value>The default group's by default.</value>
    public string? CustomSchedulerUrl { get; init; }

    /// <summary>Gets the node selector.</summary>
    /// <value>None by default.</value>
    public IReadOnlyDictionary<string, string> NodeSelector { get; init; } = new Dictionary<string, string>();

    /// <summary>Gets a value indicating whether the group tolerates nodes with the taint <c>nvidia.com/gpu</c>.</summary>
    /// <value><see langword="false"/> by default.</value>
    public bool ToleratesGpuTaint { get; init; }
}
