namespace DaskK8s;

/// <summary>The exception that is thrown when a transfer is interrupted because the worker is gone.</summary>
/// <remarks>A result that is fetched as a whole is retried; this is thrown if a part was already returned, or after several attempts.</remarks>
/// <param name="key">The task's key.</param>
/// <param name="message">What happened, and what to do.</param>
public sealed class DaskTransferException(string key, string message) : DaskK8sException(message)
{
    /// <summary>Gets the task's key.</summary>
    public string Key { get; } = key;
}
