namespace DaskK8s;

/// <summary>The answer of one worker to a function that ran on it outside a task.</summary>
/// <typeparam name="T">The .NET type that the answer is read as.</typeparam>
public sealed record DaskAnswer<T>
{
    private readonly T? _result;

    /// <summary>Creates an answer with a result, for a fake of <see cref="IDaskClient"/>.</summary>
    /// <param name="worker">The worker's address.</param>
    /// <param name="result">The result.</param>
    public DaskAnswer(string worker, T result) => (Worker, _result) = (worker, result);

    /// <summary>Creates an answer without a result.</summary>
    /// <param name="worker">The worker's address.</param>
    /// <param name="error">The reason.</param>
    public DaskAnswer(string worker, DaskK8sException error) => (Worker, Error) = (worker, error);

    /// <summary>Gets the worker's address.</summary>
    public string Worker { get; }

    /// <summary>Gets the reason why there is no result.</summary>
    /// <value>
    /// Null if there is a result. <see cref="DaskTaskException"/> if the function raised an exception, <see cref="DaskResultException"/> if its result
    /// cannot be converted to the type, <see cref="DaskTaskLostException"/> if the worker is gone.
    /// </value>
    public DaskK8sException? Error { get; }

    /// <summary>Returns the result, or throws the error.</summary>
    /// <returns>The result.</returns>
    /// <exception cref="DaskK8sException">There is no result: <see cref="Error"/> is thrown.</exception>
    public T ResultOrThrow() => Error is null ? _result! : throw Error;
}
