namespace DaskK8s.Dask.Tasks;

/// <summary>A task to send to the scheduler.</summary>
/// <param name="Entry">The client's state of the task.</param>
/// <param name="Arguments">The pickled arguments.</param>
/// <param name="Needs">The keys of the results among the arguments, by index in the pickle.</param>
internal readonly record struct TaskSpecification(TaskEntry Entry, byte[] Arguments, IReadOnlyList<string> Needs);
