namespace DaskK8s;

/// <summary>A pod that left a group without losing results.</summary>
/// <param name="Pod">The pod's name.</param>
/// <param name="Addresses">The Dask addresses of its workers; empty if it never had any.</param>
public sealed record RetiredWorker(string Pod, IReadOnlyList<string> Addresses);
