namespace DaskK8s;

/// <summary>Tells what a scaling did.</summary>
public sealed record ScaleResult
{
    /// <summary>Gets the group's name.</summary>
    public required string WorkerGroup { get; init; }

    /// <summary>Gets the replicas that the Deployment asked for before.</summary>
    public required int Before { get; init; }

    /// <summary>Gets the replicas that it asks for now.</summary>
    public required int After { get; init; }
}
