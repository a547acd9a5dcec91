namespace DaskK8s;

/// <summary>The error of a transfer that broke off, as the worker at its other end is gone.</summary>
/// <remarks>A result that is fetched as a whole is fetched again by itself; this is thrown where a part was already handed on, or after several tries.</remarks>
/// <param name="key">The task's key.</param>
/// <param name="message">What happened, and what to do.</param>
public sealed class DaskTransferException(string key, string message) : DaskK8sException(message)
{
    /// <summary>Gets the task's key.</summary>
    public string Key { get; } = key;
}
