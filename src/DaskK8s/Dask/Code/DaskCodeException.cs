namespace DaskK8s;

/// <summary>The error of code or packages that workers could not take. All workers are left as they were.</summary>
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

    /// <summary>Gets what each worker that failed said, by its address: its error, or the end of pip's output.</summary>
    /// <value>Empty where no worker was asked, as the code itself is not valid Python.</value>
    public IReadOnlyDictionary<string, string> Failures { get; }
}
