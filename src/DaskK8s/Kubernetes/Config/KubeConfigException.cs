namespace DaskK8s;

/// <summary>The exception that is thrown when the connection's configuration (a kubeconfig, or a pod's service account) cannot be used.</summary>
/// <remarks>It never contains a token, a key or part of the file, only the location.</remarks>
public sealed class KubeConfigException : DaskK8sException
{
    /// <summary>Initializes a new instance of the exception.</summary>
    /// <param name="message">What is wrong, where, and how to fix it.</param>
    /// <param name="innerException">The cause, if it contains no secrets; otherwise null.</param>
    public KubeConfigException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>Gets the file that caused the error.</summary>
    /// <value>Null if no single file is the cause.</value>
    public string? Path { get; init; }

    /// <summary>Gets the name of the requested context.</summary>
    /// <value>Null if none was requested, or if the error does not concern it.</value>
    public string? Context { get; init; }

    /// <summary>Gets the names of the existing contexts.</summary>
    /// <value>Empty if unknown.</value>
    public IReadOnlyList<string> KnownContexts { get; init; } = [];

    /// <summary>Gets the places that were searched for a configuration.</summary>
    /// <value>Empty if one was found.</value>
    public IReadOnlyList<string> SearchedPlaces { get; init; } = [];

    /// <summary>Gets the line of the error, counted from 1.</summary>
    /// <value>Null if the error has no line.</value>
    public int? Line { get; init; }

    /// <summary>Gets the column of the error, counted from 1.</summary>
    /// <value>Null if the error has no column.</value>
    public int? Column { get; init; }
}
