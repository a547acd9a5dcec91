namespace DaskK8s;

/// <summary>The number of a worker's tasks by state, as of its last heartbeat.</summary>
/// <remarks>Dask's <c>metrics.task_counts</c>. It is complete up to 2023; later versions send only counts that are not zero.</remarks>
/// <param name="Executing">Tasks that are running.</param>
/// <param name="LongRunning">Tasks that left the worker's thread pool (<c>secede</c>, <c>worker_client</c>).</param>
/// <param name="Ready">Tasks that wait for a thread.</param>
/// <param name="Constrained">Tasks that wait for an abstract resource.</param>
/// <param name="Waiting">Tasks that wait for data of other tasks.</param>
/// <param name="InMemory">Results that the worker holds.</param>
/// <param name="Fetching">Results that are being transferred from other workers.</param>
public readonly record struct WorkerTaskCounts(
    int Executing, int LongRunning, int Ready, int Constrained, int Waiting, int InMemory, int Fetching);
