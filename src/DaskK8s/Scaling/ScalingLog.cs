using Microsoft.Extensions.Logging;

namespace DaskK8s.Scaling;

internal static partial class ScalingLog
{
    [LoggerMessage(4500, LogLevel.Warning, "Kept the ownership of spec.replicas of Deployment {Deployment}: {Reason}. The next helm upgrade of Helm 4 may fail with a conflict")]
    public static partial void FieldKept(ILogger logger, string deployment, string reason);

    [LoggerMessage(4501, LogLevel.Information, "Drained {Drained} of {Wanted} pods of group {Group}, moved {Keys} results")]
    public static partial void Drained(ILogger logger, string group, int drained, int wanted, int keys);

    [LoggerMessage(4502, LogLevel.Warning, "Could not retire pod {Pod} of group {Group}: {Reason}")]
    public static partial void NotRetired(ILogger logger, string group, string pod, string reason);

    [LoggerMessage(4503, LogLevel.Information, "Cleared what an earlier scaling left on pod {Pod} of group {Group}")]
    public static partial void StrayCleared(ILogger logger, string group, string pod);

    [LoggerMessage(4504, LogLevel.Warning, "Could not undo a scaling of group {Group}: {Reason}. The next scaling of the group does")]
    public static partial void NotUndone(ILogger logger, string group, string reason);

    [LoggerMessage(4505, LogLevel.Debug, "Planned the scaling of group {Group} again: {Reason}")]
    public static partial void PlannedAgain(ILogger logger, string group, string reason);

    [LoggerMessage(4506, LogLevel.Information, "The scheduler does not run this library's functions ({Reason}): draining relies on its retire_workers alone")]
    public static partial void ScriptBlocked(ILogger logger, string reason);

    [LoggerMessage(4507, LogLevel.Information, "Deleted the drained pod {Pod} of group {Group}, because Kubernetes kept it and its workers could not be restored")]
    public static partial void StayedPodDeleted(ILogger logger, string group, string pod);

    [LoggerMessage(4508, LogLevel.Debug, "Tried again to give back spec.replicas of Deployment {Deployment}: {Reason}")]
    public static partial void GiveBackRepeated(ILogger logger, string deployment, string reason);

    [LoggerMessage(4509, LogLevel.Debug, "Scaled Deployment {Deployment} by a patch instead of as the field's owner: {Reason}")]
    public static partial void Patched(ILogger logger, string deployment, string reason);

    [LoggerMessage(4510, LogLevel.Information, "Gave back spec.replicas of Deployment {Deployment}, which an interrupted client had kept")]
    public static partial void StrayGivenBack(ILogger logger, string deployment);
}
