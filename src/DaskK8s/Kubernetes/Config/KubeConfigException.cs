namespace DaskK8s;

/// <summary>The exception that is thrown when the connection's configuration (a kubeconfig, or a pod's service account) cannot be used.</summary>
/// <remarks>It never holds a token, a key or a piece of the file: only where to look.</remarks>
public sealed class KubeConfigException : DaskK8sException
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">What is wrong, where, and what to try.</param>
    /// <param name="innerException">The cause, where there is one that holds nothing secret.</param>
    public KubeConfigException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>Gets the file that is wrong.</summary>
    /// <value>Null where no single file is to blame.</value>
    public string? Path { get; init; }

    /// <summary>Gets the name of the context that was asked for.</summary>
    /// <value>Null where none was, or where the error has nothing to do with it.</value>
    public string? Context { get; init; }

    /// <summary>Gets the names of the contexts that there are.</summary>
    /// <value>Empty where they are not known.</value>
    public IReadOnlyList<string> KnownContexts { get; init; } = [];

    /// <summary>Gets the places where a configuration was looked for.</summary>
    /// <value>Empty where one was found.</value>
    public IReadOnlyList<string> SearchedPlaces { get; init; } = [];

    /// <summary>Gets the line of the mistake, counted from 1.</summary>
    /// <value>Null where it is not tied to a line.</value>
    public int? Line { get; init; }

    /// <summary>Gets the column of the mistake, counted from 1.</summary>
    /// <value>Null where it is not tied to a column.</value>
    public int? Column { get; init; }
}
