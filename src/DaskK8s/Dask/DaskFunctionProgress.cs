namespace DaskK8s;

/// <summary>The counts of the tasks of one function.</summary>
/// <param name="Function">The function's name, which the keys of its tasks begin with; for a key of your own, the key.</param>
/// <param name="Counts">The counts.</param>
/// <param name="Stuck">Those that wait for a worker that can run them; they count as pending too.</param>
public readonly record struct DaskFunctionProgress(string Function, DaskProgress Counts, int Stuck);
