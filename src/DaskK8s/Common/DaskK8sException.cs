namespace DaskK8s;

/// <summary>The base class of the exceptions that this library throws.</summary>
/// <remarks>
/// A caller's mistake is an <see cref="ArgumentException"/>, a cancelled call an <see cref="OperationCanceledException"/>;
/// neither is wrapped. No message contains a token, a header, an environment variable or a value of a release.
/// </remarks>
public class DaskK8sException : Exception
{
    /// <summary>Initializes a new instance of the exception.</summary>
    /// <param name="message">The message: what failed, on what, and what to try.</param>
    /// <param name="innerException">The cause, if it contains no secrets; otherwise null.</param>
    public DaskK8sException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
