namespace DaskK8s;

/// <summary>Where scattered values go.</summary>
public sealed record ScatterOptions
{
    /// <summary>Gets the addresses or names of the workers that may hold the value.</summary>
    /// <value>Null by default: any. Set this or <see cref="WorkerGroup"/>.</value>
    public IReadOnlyList<string>? Workers { get; init; }

    /// <summary>Gets the name of the worker group that may hold the value; its workers are looked up when the value is scattered.</summary>
    /// <value>Null by default: any. Set this or <see cref="Workers"/>.</value>
    public string? WorkerGroup { get; init; }

    /// <summary>Gets whether every such worker holds the value. The scheduler lets them copy it from each other.</summary>
    /// <value>False by default: one holds it, and others copy it when a task of theirs needs it. Dask's active memory manager may drop copies that no task needs.</value>
    public bool Broadcast { get; init; }

    /// <summary>Gets whether the key is made of the value, so that an equal one is sent once.</summary>
    /// <value>True by default. It costs reading the value twice.</value>
    public bool Hash { get; init; } = true;

    /// <summary>Gets the key.</summary>
    /// <value>Null by default: made of the type and the hash, or a unique part. A key that exists already stands for the value that it has.</value>
    public string? Key { get; init; }
}
