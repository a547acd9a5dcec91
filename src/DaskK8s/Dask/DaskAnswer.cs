namespace DaskK8s;

/// <summary>The answer of one worker to a function that ran on it outside of tasks.</summary>
/// <typeparam name="T">The .NET type that the answer is read as.</typeparam>
public sealed record DaskAnswer<T>
{
    private readonly T? _result;

    /// <summary>Creates an answer with a result, as a fake of <see cref="IDaskClient"/> gives it.</summary>
    /// <param name="worker">The worker's address.</param>
    /// <param name="result">The result.</param>
    public DaskAnswer(string worker, T result) => (Worker, _result) = (worker, result);

    /// <summary>Creates an answer without a result.</summary>
    /// <param name="worker">The worker's address.</param>
    /// <param name="error">Why there is none.</param>
    public DaskAnswer(string worker, DaskK8sException error) => (Worker, Error) = (worker, error);

    /// <summary>Gets the worker's address.</summary>
    public string Worker { get; }

    /// <summary>Gets why there is no result.</summary>
    /// <value>
    /// Null where there is one. <see cref="DaskTaskException"/> where the function raised, <see cref="DaskResultException"/> where its result cannot be given as
    /// the type, <see cref="DaskTaskLostException"/> where the worker is gone.
    /// </value>
    public DaskK8sException? Error { get; }

    /// <summary>Returns the result, or throws why there is none.</summary>
    /// <returns>The result.</returns>
    /// <exception cref="DaskK8sException">There is none: <see cref="Error"/>.</exception>
    public T ResultOrThrow() => Error is null ? _result! : throw Error;
}
