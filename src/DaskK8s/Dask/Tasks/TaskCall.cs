namespace DaskK8s.Dask.Tasks;

/// <summary>A call that is ready to be submitted; its key is not registered yet.</summary>
/// <param name="Key">The task's key.</param>
/// <param name="Arguments">The pickled arguments.</param>
/// <param name="Needs">The keys of the results among the arguments, by index in the pickle.</param>
internal readonly record struct TaskCall(string Key, byte[] Arguments, IReadOnlyList<string> Needs);
