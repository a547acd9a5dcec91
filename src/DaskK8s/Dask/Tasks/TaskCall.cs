namespace DaskK8s.Dask.Tasks;

/// <summary>A call that is ready to be submitted; nobody knows its key yet.</summary>
/// <param name="Key">The key of its task.</param>
/// <param name="Arguments">The pickle of its arguments.</param>
/// <param name="Needs">The keys of the results among them, by their index in the pickle.</param>
internal readonly record struct TaskCall(string Key, byte[] Arguments, IReadOnlyList<string> Needs);
