namespace DaskK8s;

/// <summary>Names a pod that left a group without a loss.</summary>
/// <param name="Pod">The pod's name.</param>
/// <param name="Addresses">The Dask addresses of its workers; empty where it never had one.</param>
public sealed record RetiredWorker(string Pod, IReadOnlyList<string> Addresses);
