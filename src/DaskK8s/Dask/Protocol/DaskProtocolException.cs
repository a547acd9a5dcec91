namespace DaskK8s;

/// <summary>The exception that is thrown when the received bytes are not Dask's protocol or exceed its limits.</summary>
/// <remarks>The usual cause is a port that does not belong to a Dask scheduler, such as an HTTP server's, or a scheduler that requires TLS.</remarks>
/// <param name="message">What was wrong with the bytes.</param>
/// <param name="innerException">The decoder's error, or null.</param>
public sealed class DaskProtocolException(string message, Exception? innerException = null)
    : DaskK8sException(message, innerException);
