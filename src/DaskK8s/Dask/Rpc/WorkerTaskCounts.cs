namespace DaskK8s;

/// <summary>Counts a worker's tasks by state, as of its last heartbeat.</summary>
/// <remarks>Dask's <c>metrics.task_counts</c>: complete up to 2023, since then only the counts that are not zero are sent.</remarks>
/// <param name="Executing">Tasks that run now.</param>
/// <param name="LongRunning">Tasks that left the worker's thread pool (<c>secede</c>, <c>worker_client</c>).</param>
/// <param name="Ready">Tasks that wait for a thread.</param>
/// <param name="Constrained">Tasks that wait for an abstract resource.</param>
/// <param name="Waiting">Tasks that wait for data of other tasks.</param>
/// <param name="InMemory">Results that the worker holds.</param>
/// <param name="Fetching">Results that are on their way from other workers.</param>
public readonly record struct WorkerTaskCounts(
    int Executing, int LongRunning, int Ready, int Constrained, int Waiting, int InMemory, int Fetching);
