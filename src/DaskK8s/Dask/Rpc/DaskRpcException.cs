namespace DaskK8s;

/// <summary>The exception that is thrown when the scheduler answers a call with an error.</summary>
/// <param name="operation">The operation of Dask's protocol that failed.</param>
/// <param name="message">What failed, with the message of Python's exception.</param>
/// <param name="pythonException">The exception as Python's <c>repr</c> writes it.</param>
/// <param name="pythonTraceback">The lines of Python's traceback.</param>
public sealed class DaskRpcException(string operation, string message, string? pythonException = null, string? pythonTraceback = null)
    : DaskK8sException(message)
{
    /// <summary>Gets the operation of Dask's protocol that failed.</summary>
    public string Operation { get; } = operation;

    /// <summary>Gets the exception as Python's <c>repr</c> writes it: <c>ValueError('no such worker')</c>.</summary>
    /// <value>Null if the answer contained none.</value>
    public string? PythonException { get; } = pythonException;

    /// <summary>Gets the lines of Python's traceback, without the line of the exception itself.</summary>
    /// <value>Null if the answer contained none.</value>
    public string? PythonTraceback { get; } = pythonTraceback;
}
