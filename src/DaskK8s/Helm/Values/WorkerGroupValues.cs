namespace DaskK8s;

/// <summary>A worker group in the values of the next upgrade.</summary>
/// <remarks>
/// Settings that are not specified keep the group's value or, for a new group, the default group's: the chart merges a group's values
/// over the default group's (<c>worker</c>). See <see cref="HelmValues.WithWorkerGroup"/>.
/// </remarks>
public sealed record WorkerGroupValues
{
    /// <summary>Gets the name of the group, a DNS label; the default group's own name (<c>worker</c>) means the default group.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the number of workers.</summary>
    /// <value>
    /// Null keeps it. For an additional group, zero does not mean zero: the chart treats it as a missing value and deploys the
    /// default group's number; <see cref="HelmValues.Validate"/> reports this.
    /// </value>
    public int? Replicas { get; init; }

    /// <summary>Gets the image, with a tag or a digest: <c>daskdev/dask:2024.12.1</c>.</summary>
    /// <value>Null keeps it.</value>
    public string? Image { get; init; }

    /// <summary>Gets the worker's program, one word: <c>dask-worker</c> or <c>dask-cuda-worker</c>.</summary>
    /// <value>Null keeps it.</value>
    public string? WorkerCommand { get; init; }

    /// <summary>Gets the Dask abstract resources of each worker process, written as <c>--resources GPU=1</c>.</summary>
    /// <value>Empty keeps them.</value>
    public IDictionary<string, double> DaskResources { get; init; } = new OrderedDictionary<string, double>(StringComparer.Ordinal);

    /// <summary>Gets resource limits as Kubernetes quantities.</summary>
    /// <value>
    /// Empty keeps them. Limits that are not named do not change. The chart derives the worker's threads from <c>cpu</c> (1 if missing) and its
    /// memory limit from <c>memory</c> (4 GiB if missing).
    /// </value>
    public IDictionary<string, string> Limits { get; init; } = new OrderedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Gets resource requests as Kubernetes quantities.</summary>
    /// <value>Empty keeps them. Entries that are not named do not change.</value>
    public IDictionary<string, string> Requests { get; init; } = new OrderedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Gets the labels that a node must have.</summary>
    /// <value>Empty keeps them. Entries that are not named do not change.</value>
    public IDictionary<string, string> NodeSelector { get; init; } = new OrderedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Gets the taints that the group's pods tolerate.</summary>
    /// <value>Null keeps them; a list replaces them all.</value>
    public IReadOnlyList<Toleration>? Tolerations { get; init; }

    /// <summary>Gets environment variables.</summary>
    /// <value>Empty keeps them. Variables that are not named do not change, including those that a new group inherits from the default group.</value>
    public IDictionary<string, string> Env { get; init; } = new OrderedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Gets additional arguments of the worker's program.</summary>
    /// <value>Null keeps them (a new group inherits the default group's); a list replaces them all, except <see cref="DaskResources"/>.</value>
    public IReadOnlyList<string>? ExtraArgs { get; init; }

    /// <summary>Gets the threads of each worker process.</summary>
    /// <value>Null keeps them; if there are none, the chart uses the <c>cpu</c> limit, which must then be a whole number.</value>
    public int? Threads { get; init; }

    /// <summary>Returns the group's name, without values that may be secret.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => $"WorkerGroupValues {{ Name = {Name}, Replicas = {Replicas?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "as they are"} }}";
}
