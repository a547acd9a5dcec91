namespace DaskK8s;

/// <summary>The exception that is thrown when a TLS connection to a scheduler fails because of unusable files or a rejected certificate.</summary>
/// <param name="message">The failure, its file or address, and what to try.</param>
/// <param name="innerException">The cause.</param>
public sealed class DaskTlsException(string message, Exception? innerException = null)
    : DaskK8sException(message, innerException);
