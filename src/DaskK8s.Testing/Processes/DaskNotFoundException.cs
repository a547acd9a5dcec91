namespace DaskK8s.Testing;

/// <summary>The exception that is thrown when no Python with Dask was found on this machine, or when it does not start.</summary>
/// <param name="message">What was tried and how to install it.</param>
public sealed class DaskNotFoundException(string message) : Exception(message);
