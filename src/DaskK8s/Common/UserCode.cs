using Microsoft.Extensions.Logging;

namespace DaskK8s.Common;

/// <summary>The guard around users' event handlers: an exception affects neither the call that raised the event nor the other handlers.</summary>
/// <remarks>A callback that belongs to one call is a <see cref="GuardedProgress{T}"/>: it fails that call.</remarks>
internal static class UserCode
{
    /// <summary>Calls each handler; exceptions are logged.</summary>
    /// <typeparam name="TArgs">The type of the event's data.</typeparam>
    /// <param name="handlers">The handlers, or null if there are none.</param>
    /// <param name="sender">The source of the event.</param>
    /// <param name="args">The event's data.</param>
    /// <param name="logger">The log for handlers that throw.</param>
    /// <param name="name">The event's name, for the log: <c>HelmCluster.Changed</c>.</param>
    public static void Raise<TArgs>(EventHandler<TArgs>? handlers, object sender, TArgs args, ILogger logger, string name)
    {
        foreach (EventHandler<TArgs> handler in Delegate.EnumerateInvocationList(handlers))
        {
            Run(() => handler(sender, args), logger, name);
        }
    }

    /// <summary>Runs user code that belongs to no call; exceptions are logged.</summary>
    /// <param name="code">The user's code.</param>
    /// <param name="logger">The logger.</param>
    /// <param name="name">The name of the code, for the log.</param>
    /// <returns>True if it returned without an exception.</returns>
    public static bool Run(Action code, ILogger logger, string name)
    {
        try
        {
            code();
            return true;
        }
#pragma warning disable CA1031 // User code may throw anything.
        catch (Exception e)
#pragma warning restore CA1031
        {
            CommonLog.UserCodeFailed(logger, name, e);
            return false;
        }
    }
}
