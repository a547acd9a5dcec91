namespace DaskK8s;

/// <summary>Is thrown when a TLS connection to a scheduler could not be set up: files that cannot be used, or a certificate that was refused.</summary>
/// <param name="message">What failed, on which file or address, and what to try.</param>
/// <param name="innerException">The cause.</param>
public sealed class DaskTlsException(string message, Exception? innerException = null)
    : DaskK8sException(message, innerException);
