namespace DaskK8s;

/// <summary>The options for scattering a value.</summary>
public sealed record ScatterOptions
{
    /// <summary>Gets the addresses or names of the workers that can hold the value.</summary>
    /// <value>Null by default: any. Set this or <see cref="WorkerGroup"/>.</value>
    public IReadOnlyList<string>? Workers { get; init; }

    /// <summary>Gets the name of the worker group that can hold the value; its workers are looked up when the value is scattered.</summary>
    /// <value>Null by default: any. Set this or <see cref="Workers"/>.</value>
    public string? WorkerGroup { get; init; }

    /// <summary>Gets whether each of these workers holds the value. They copy it from each other.</summary>
    /// <value>False by default: one worker holds it, and others copy it when their tasks need it. Dask's active memory manager may delete unneeded copies.</value>
    public bool Broadcast { get; init; }

    /// <summary>Gets whether the key is a hash of the value, so that equal values are sent only once.</summary>
    /// <value>True by default. The value is then read twice.</value>
    public bool Hash { get; init; } = true;

    /// <summary>Gets the key.</summary>
    /// <value>Null by default: made of the type and the hash or a unique part. An existing key refers to its existing value.</value>
    public string? Key { get; init; }
}
