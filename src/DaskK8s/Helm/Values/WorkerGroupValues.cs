namespace DaskK8s;

/// <summary>A worker group in the values of the next upgrade.</summary>
/// <remarks>
/// What is left out stays as the group has it, or, for a new group, as the default group has it: the chart merges a group's values
/// over the default group's (<c>worker</c>). See <see cref="HelmValues.WithWorkerGroup"/>.
/// </remarks>
public sealed record WorkerGroupValues
{
    /// <summary>Gets the name of the group, a DNS label; the default group's own name (<c>worker</c>) means the default group.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the number of workers.</summary>
    /// <value>
    /// Null leaves it. Zero does not mean zero for an additional group: the chart takes it for a missing value and deploys the
    /// default group's number; <see cref="HelmValues.Validate"/> says so.
    /// </value>
    public int? Replicas { get; init; }

    /// <summary>Gets the image, with a tag or a digest: <c>daskdev/dask:2024.12.1</c>.</summary>
    /// <value>Null leaves it.</value>
    public string? Image { get; init; }

    /// <summary>Gets the worker's program, one word: <c>dask-worker</c> or <c>dask-cuda-worker</c>.</summary>
    /// <value>Null leaves it.</value>
    public string? WorkerCommand { get; init; }

    /// <summary>Gets Dask's abstract resources of each worker process, written as <c>--resources GPU=1</c>.</summary>
    /// <value>Empty leaves them.</value>
    public IDictionary<string, double> DaskResources { get; init; } = new OrderedDictionary<string, double>(StringComparer.Ordinal);

    /// <summary>Gets resource limits as Kubernetes quantities.</summary>
    /// <value>
    /// Empty leaves them. Others than those named stay. The chart makes the worker's threads of <c>cpu</c> (1 where it is missing) and its memory
    /// limit of <c>memory</c> (4 GiB where it is missing).
    /// </value>
    public IDictionary<string, string> Limits { get; init; } = new OrderedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Gets resource requests as Kubernetes quantities.</summary>
    /// <value>Empty leaves them. Others than those named stay.</value>
    public IDictionary<string, string> Requests { get; init; } = new OrderedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Gets the labels that a node must have.</summary>
    /// <value>Empty leaves them. Others than those named stay.</value>
    public IDictionary<string, string> NodeSelector { get; init; } = new OrderedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Gets the taints that the group's pods tolerate.</summary>
    /// <value>Null leaves them; a list replaces them whole.</value>
    public IReadOnlyList<Toleration>? Tolerations { get; init; }

    /// <summary>Gets environment variables.</summary>
    /// <value>Empty leaves them. Others than those named stay, also those that a new group takes over from the default group.</value>
    public IDictionary<string, string> Env { get; init; } = new OrderedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Gets further arguments of the worker's program.</summary>
    /// <value>Null leaves them (a new group takes over the default group's); a list replaces them whole, <see cref="DaskResources"/> aside.</value>
    public IReadOnlyList<string>? ExtraArgs { get; init; }

    /// <summary>Gets the threads of each worker process.</summary>
    /// <value>Null leaves them; without any the chart takes the limit of <c>cpu</c>, which must be a whole number then.</value>
    public int? Threads { get; init; }

    /// <summary>Returns the group's name, and no value that may be secret.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => $"WorkerGroupValues {{ Name = {Name}, Replicas = {Replicas?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "as they are"} }}";
}
