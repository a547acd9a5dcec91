namespace DaskK8s.Dask.Rpc;

/// <summary>A call of a scheduler's operation.</summary>
/// <param name="Operation">The operation's name.</param>
internal sealed record RpcCall(string Operation)
{
    /// <summary>Gets the arguments, which are plain values.</summary>
    public IReadOnlyDictionary<string, object?> Arguments { get; init; } = new Dictionary<string, object?>();

    /// <summary>Gets the name and bytes of an additional argument that is sent without encoding.</summary>
    public (string Name, ReadOnlyMemory<byte> Bytes)? Raw { get; init; }

    /// <summary>Gets the time limit for the answer.</summary>
    /// <value>Null to use <see cref="SchedulerTimeouts.Call"/>.</value>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Gets whether the call can be repeated safely after a lost answer.</summary>
    public bool Idempotent { get; init; }

    /// <summary>Gets whether the scheduler must answer without pickles (<c>serializers: [msgpack, error]</c>).</summary>
    public bool PlainReply { get; init; }
}
