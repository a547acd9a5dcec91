using Microsoft.Extensions.Logging;

namespace DaskK8s.Common;

/// <summary>The guard around event handlers of users: one that throws harms neither the call that raised the event nor the other handlers.</summary>
/// <remarks>A callback that belongs to one call is a <see cref="GuardedProgress{T}"/>: it fails that call.</remarks>
internal static class UserCode
{
    /// <summary>Calls each handler; what one throws is logged.</summary>
    /// <typeparam name="TArgs">The type of the event's data.</typeparam>
    /// <param name="handlers">The handlers, or null where there are none.</param>
    /// <param name="sender">The object whose event it is.</param>
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

    /// <summary>Calls user code that belongs to no call; what it throws is logged.</summary>
    /// <param name="code">The user's code.</param>
    /// <param name="logger">The log.</param>
    /// <param name="name">What the code is, for the log.</param>
    /// <returns>Whether it returned without an error.</returns>
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
