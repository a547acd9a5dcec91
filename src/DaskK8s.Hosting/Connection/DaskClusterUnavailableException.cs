using System.Globalization;

namespace DaskK8s;

/// <summary>The error of an <see cref="IDaskCluster"/> whose cluster cannot be reached now.</summary>
/// <remarks>A web application answers it with 503 and <see cref="RetryAfter"/>. <see cref="Exception.InnerException"/> is the cause.</remarks>
public sealed class DaskClusterUnavailableException : DaskK8sException
{
    /// <summary>Creates the error.</summary>
    /// <param name="name">The name that the cluster was registered with.</param>
    /// <param name="retryAfter">The time until the next attempt.</param>
    /// <param name="cause">Why the cluster cannot be reached.</param>
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
