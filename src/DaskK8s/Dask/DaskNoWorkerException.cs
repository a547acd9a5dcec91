namespace DaskK8s;

/// <summary>The exception that is thrown when no worker can run a task whose result is requested.</summary>
/// <remarks>
/// The task stays submitted and runs as soon as a suitable worker connects: scale a suitable group and wait again, or cancel it.
/// </remarks>
/// <param name="key">The task's key.</param>
/// <param name="message">The resources that the task requires and that the workers offer.</param>
/// <param name="required">The resources that the task requires.</param>
public sealed class DaskNoWorkerException(string key, string message, IReadOnlyDictionary<string, double> required)
    : DaskK8sException(message)
{
    /// <summary>Gets the task's key.</summary>
    public string Key { get; } = key;

    /// <summary>Gets the abstract resources that the task requires.</summary>
    public IReadOnlyDictionary<string, double> Required { get; } = required;
}
