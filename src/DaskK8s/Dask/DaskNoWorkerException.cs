namespace DaskK8s;

/// <summary>The exception that is thrown when no worker can run a task whose result is requested.</summary>
/// <remarks>
/// The task stays submitted and runs as soon as a worker that fits is there: scale the group that fits and ask again, or cancel it.
/// </remarks>
/// <param name="key">The task's key.</param>
/// <param name="message">What the task asks for, and what the workers offer.</param>
/// <param name="required">The resources that the task asks for.</param>
public sealed class DaskNoWorkerException(string key, string message, IReadOnlyDictionary<string, double> required)
    : DaskK8sException(message)
{
    /// <summary>Gets the task's key.</summary>
    public string Key { get; } = key;

    /// <summary>Gets the abstract resources that the task asks for.</summary>
    public IReadOnlyDictionary<string, double> Required { get; } = required;
}
