namespace DaskK8s.Testing;

/// <summary>Tells that no Python with Dask was found on this machine, or that it does not start.</summary>
/// <param name="message">What was tried and how to install it.</param>
public sealed class DaskNotFoundException(string message) : Exception(message);
