namespace DaskK8s;

/// <summary>The exception that is thrown when a name is already published, or when no futures are published under it.</summary>
/// <param name="name">The name of the publication.</param>
/// <param name="message">The problem, and what to do.</param>
public sealed class DaskDatasetException(string name, string message) : DaskK8sException(message)
{
    /// <summary>Gets the name of the publication.</summary>
    public string Name { get; } = name;
}
