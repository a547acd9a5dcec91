using System.Globalization;

namespace DaskK8s;

/// <summary>The exception that is thrown when the cluster of an <see cref="IDaskCluster"/> cannot be reached.</summary>
/// <remarks>A web application should respond with 503 and <see cref="RetryAfter"/>. <see cref="Exception.InnerException"/> is the cause.</remarks>
public sealed class DaskClusterUnavailableException : DaskK8sException
{
    /// <summary>Initializes a new instance of the exception.</summary>
    /// <param name="name">The name that the cluster was registered with.</param>
    /// <param name="retryAfter">The time until the next attempt.</param>
    /// <param name="cause">The reason why the cluster cannot be reached.</param>
    public DaskClusterUnavailableException(string name, TimeSpan retryAfter, Exception cause)
        : base(Describe(name, retryAfter, cause), cause)
    {
        Name = name;
        RetryAfter = retryAfter;
    }

    /// <summary>Gets the name that the cluster was registered with.</summary>
    public string Name { get; }

    /// <summary>Gets the time until the next attempt to connect.</summary>
    /// <value>Zero while an attempt is under way.</value>
    public TimeSpan RetryAfter { get; }

    private static string Describe(string name, TimeSpan retryAfter, Exception cause)
    {
        ArgumentNullException.ThrowIfNull(cause);
        string next = retryAfter > TimeSpan.Zero
            ? string.Create(CultureInfo.InvariantCulture, $"The next attempt to connect is in {Math.Max(retryAfter.TotalSeconds, 0.1):0.#} s.")
            : "An attempt to connect is under way.";
        return $"The Dask cluster \"{name}\" is not available: {cause.Message.TrimEnd('.')}. {next}";
    }
}
