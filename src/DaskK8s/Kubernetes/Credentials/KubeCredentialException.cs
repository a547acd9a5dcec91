namespace DaskK8s;

/// <summary>The exception that is thrown when the credentials of a kubeconfig could not be obtained: a helper program failed, or a token file is empty.</summary>
/// <remarks>It never contains a helper program's output, arguments or environment.</remarks>
public sealed class KubeCredentialException : DaskK8sException
{
    /// <summary>Initializes a new instance of the exception.</summary>
    /// <param name="message">What failed, for which user of the kubeconfig, and how to fix it.</param>
    /// <param name="innerException">The cause, if it contains no secrets; otherwise null.</param>
    public KubeCredentialException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>Gets the name of the kubeconfig's user whose credentials could not be obtained.</summary>
    /// <value>Null in a pod.</value>
    public string? User { get; init; }

    /// <summary>Gets the helper program, without its arguments.</summary>
    /// <value>Null if the credentials do not come from a program.</value>
    public string? Command { get; init; }

    /// <summary>Gets the exit code of the helper program.</summary>
    /// <value>Null if it did not exit by itself.</value>
    public int? ExitCode { get; init; }

    /// <summary>Gets the kubeconfig's hint for installing the helper program.</summary>
    /// <value>Null if there is none, or if the program is installed.</value>
    public string? InstallHint { get; init; }

    /// <summary>Gets the file that could not be used.</summary>
    /// <value>Null if the credentials do not come from a file.</value>
    public string? Path { get; init; }
}
