namespace DaskK8s.Dask.Tasks;

/// <summary>A task on its way to the scheduler.</summary>
/// <param name="Entry">What is known of the task.</param>
/// <param name="Arguments">The pickle of its arguments.</param>
/// <param name="Needs">The keys of the results among them, by their index in the pickle.</param>
internal readonly record struct TaskSpecification(TaskEntry Entry, byte[] Arguments, IReadOnlyList<string> Needs);
