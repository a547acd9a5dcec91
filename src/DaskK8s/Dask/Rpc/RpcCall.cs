namespace DaskK8s.Dask.Rpc;

/// <summary>A call of a scheduler's operation.</summary>
/// <param name="Operation">The operation's name.</param>
internal sealed record RpcCall(string Operation)
{
    /// <summary>Gets the arguments: plain values.</summary>
    public IReadOnlyDictionary<string, object?> Arguments { get; init; } = new Dictionary<string, object?>();

    /// <summary>Gets bytes that are an argument too, with its name: they travel as they are.</summary>
    public (string Name, ReadOnlyMemory<byte> Bytes)? Raw { get; init; }

    /// <summary>Gets the time for the answer.</summary>
    /// <value>Null: that of <see cref="SchedulerTimeouts.Call"/>.</value>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Gets whether a second call after a lost answer does no harm.</summary>
    public bool Idempotent { get; init; }

    /// <summary>Gets whether the scheduler is to keep pickles out of its answer (<c>serializers: [msgpack, error]</c>).</summary>
    public bool PlainReply { get; init; }
}
