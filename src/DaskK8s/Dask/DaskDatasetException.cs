namespace DaskK8s;

/// <summary>The error of a publication: its name is taken, nothing is published under it, or it is not made of futures.</summary>
/// <param name="name">The name of the publication.</param>
/// <param name="message">What is in the way, and what to do.</param>
public sealed class DaskDatasetException(string name, string message) : DaskK8sException(message)
{
    /// <summary>Gets the name of the publication.</summary>
    public string Name { get; } = name;
}
