namespace DaskK8s;

/// <summary>The exception that is thrown when a task raises an exception, or when the workers that ran it died.</summary>
/// <param name="key">The task's key.</param>
/// <param name="message">What failed.</param>
/// <param name="pythonType">The name of the Python exception's class.</param>
/// <param name="pythonMessage">The message of the Python exception.</param>
/// <param name="pythonTraceback">The lines of the traceback, innermost last.</param>
public sealed class DaskTaskException(string key, string message, string pythonType, string pythonMessage, string pythonTraceback)
    : DaskK8sException(message)
{
    /// <summary>Gets the task's key.</summary>
    public string Key { get; } = key;

    /// <summary>Gets the name of the Python exception's class: <c>ZeroDivisionError</c>; <c>KilledWorker</c> if workers died.</summary>
    public string PythonType { get; } = pythonType;

    /// <summary>Gets the message of the Python exception: <c>division by zero</c>.</summary>
    public string PythonMessage { get; } = pythonMessage;

    /// <summary>Gets the lines of Python's traceback, innermost last.</summary>
    /// <value>Empty if there is none, as for workers that died.</value>
    public string PythonTraceback { get; } = pythonTraceback;

    /// <summary>Returns the error with the .NET stack trace and the Python traceback.</summary>
    /// <returns>The string.</returns>
    public override string ToString() => PythonTraceback.Length == 0
        ? base.ToString()
        : $"{base.ToString()}{Environment.NewLine}--- Python traceback ---{Environment.NewLine}{PythonTraceback}";
}
