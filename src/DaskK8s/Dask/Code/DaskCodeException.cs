namespace DaskK8s;

/// <summary>The exception that is thrown when workers could not load code or install packages. The workers are unchanged.</summary>
public sealed class DaskCodeException : DaskK8sException
{
    internal DaskCodeException(string name, string message, IReadOnlyDictionary<string, string> failures)
        : base(message)
    {
        Name = name;
        Failures = failures;
    }

    /// <summary>Gets the name of the upload, or the packages.</summary>
    public string Name { get; }

    /// <summary>Gets the error, or the end of pip's output, of each failed worker, by address.</summary>
    /// <value>Empty if no worker was asked because the code is not valid Python.</value>
    public IReadOnlyDictionary<string, string> Failures { get; }
}
