namespace DaskK8s.WorkerGroups;

/// <summary>Scales a worker group to a number of replicas.</summary>
internal delegate Task<ScaleResult> ScaleGroup(int replicas, string? group, CancellationToken cancellationToken);
