namespace DaskK8s;

/// <summary>The exception that is thrown when the received bytes are not Dask's protocol or exceed its limits.</summary>
/// <remarks>The usual cause is a port that is not a Dask scheduler's: an HTTP server, or a scheduler that speaks TLS.</remarks>
/// <param name="message">What was wrong with the bytes.</param>
/// <param name="innerException">The decoder's own error, where there is one.</param>
public sealed class DaskProtocolException(string message, Exception? innerException = null)
    : DaskK8sException(message, innerException);
