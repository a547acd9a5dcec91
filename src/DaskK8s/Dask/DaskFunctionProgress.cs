namespace DaskK8s;

/// <summary>The counts of the tasks of one function.</summary>
/// <param name="Function">The function's name, with which the keys of its tasks begin; for a custom key, the key.</param>
/// <param name="Counts">The counts.</param>
/// <param name="Stuck">The number of tasks that no connected worker can run; they also count as pending.</param>
public readonly record struct DaskFunctionProgress(string Function, DaskProgress Counts, int Stuck);
