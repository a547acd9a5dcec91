namespace DaskK8s;

/// <summary>The exception that is thrown when a task's result cannot be converted to the requested .NET type.</summary>
/// <remarks>The result itself stays on its worker and can be an argument of other tasks.</remarks>
/// <param name="key">The task's key.</param>
/// <param name="pythonType">The name of the Python type that the result has or contains.</param>
/// <param name="message">What cannot be converted, and what to do.</param>
/// <param name="innerException">The decoder's error, or null.</param>
public sealed class DaskResultException(string key, string pythonType, string message, Exception? innerException = null)
    : DaskK8sException(message, innerException)
{
    /// <summary>Gets the task's key.</summary>
    public string Key { get; } = key;

    /// <summary>Gets the name of the Python type that the result has or contains: <c>pandas.core.frame.DataFrame</c>.</summary>
    public string PythonType { get; } = pythonType;
}
