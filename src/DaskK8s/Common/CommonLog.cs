using Microsoft.Extensions.Logging;

namespace DaskK8s.Common;

internal static partial class CommonLog
{
    [LoggerMessage(8001, LogLevel.Warning, "A user's handler of {Name} threw; its error was ignored")]
    public static partial void UserCodeFailed(ILogger logger, string name, Exception exception);
}
