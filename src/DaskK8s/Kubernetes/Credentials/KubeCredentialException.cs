namespace DaskK8s;

/// <summary>The exception that is thrown when the credentials of a kubeconfig could not be obtained: a helper program failed, or a token file is empty.</summary>
/// <remarks>It never holds what a helper program printed, its arguments or its environment.</remarks>
public sealed class KubeCredentialException : DaskK8sException
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">What failed, for which user of the kubeconfig, and what to try.</param>
    /// <param name="innerException">The cause, where there is one that holds nothing secret.</param>
    public KubeCredentialException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>Gets the name of the kubeconfig's user whose credentials could not be had.</summary>
    /// <value>Null in a pod.</value>
    public string? User { get; init; }

    /// <summary>Gets the helper program, without its arguments.</summary>
    /// <value>Null where the credentials do not come from a program.</value>
    public string? Command { get; init; }

    /// <summary>Gets the exit code of the helper program.</summary>
    /// <value>Null where it did not run to its end.</value>
    public int? ExitCode { get; init; }

    /// <summary>Gets what the kubeconfig says about installing the helper program.</summary>
    /// <value>Null where it says nothing, or where the program is there.</value>
    public string? InstallHint { get; init; }

    /// <summary>Gets the file that could not be used.</summary>
    /// <value>Null where the credentials do not come from a file.</value>
    public string? Path { get; init; }
}
