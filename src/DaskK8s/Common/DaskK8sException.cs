namespace DaskK8s;

/// <summary>The root of every error that this library throws on purpose.</summary>
/// <remarks>
/// A mistake of the caller is an <see cref="ArgumentException"/>, a cancelled call an <see cref="OperationCanceledException"/>;
/// both pass untouched. No message holds a token, a header, an environment variable or a value of a release.
/// </remarks>
public class DaskK8sException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">What failed, on what, and what to try.</param>
    /// <param name="innerException">The cause, where there is one that holds nothing secret.</param>
    public DaskK8sException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
