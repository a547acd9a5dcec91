using System.Management.Automation;

namespace DaskK8s.PowerShell;

/// <summary>Turns failures into error records: an id, a category, a target, and what to do.</summary>
internal static class Failures
{
    public static ErrorRecord ToRecord(Exception e, object? target)
    {
        (ErrorCategory category, string? advice) = e switch
        {
            WorkerGroupNotFoundException missing => (ErrorCategory.ObjectNotFound, $"Use one of its groups: {string.Join(", ", missing.KnownGroups)}."),
            GroupMissingException missing => (ErrorCategory.ObjectNotFound, $"Use one of its groups: {string.Join(", ", missing.KnownGroups)}."),
            HelmReleaseNotFoundException { Releases.Count: > 0 } missing =>
                (ErrorCategory.ObjectNotFound, $"Use one of the releases: {string.Join(", ", missing.Releases)}."),
            HelmReleaseNotFoundException => (ErrorCategory.ObjectNotFound, "Look for releases: Get-DaskCluster -Available -AllNamespaces."),
            HelmReleaseException => (ErrorCategory.InvalidData, null),
            HelmValuesException { Path: not null } => (ErrorCategory.ObjectNotFound, "See all values: Get-DaskReleaseValue."),
            HelmValuesException => (ErrorCategory.InvalidData, null),
            KubeConfigException { KnownContexts.Count: > 0 } config => (ErrorCategory.InvalidArgument, $"Use one of the contexts: {string.Join(", ", config.KnownContexts)}."),
            KubeConfigException => (ErrorCategory.InvalidData, "Give the file with -Kubeconfig, or set KUBECONFIG."),
            KubeCredentialException or KubernetesUnauthorizedException => (ErrorCategory.AuthenticationError, "Log in to the cluster again and connect again."),
            KubernetesForbiddenException => (ErrorCategory.PermissionDenied, "See what is missing: Test-DaskPermission; the Role to ask for: Test-DaskPermission -AsRole."),
            KubernetesNotFoundException => (ErrorCategory.ObjectNotFound, null),
            KubernetesInvalidException => (ErrorCategory.InvalidArgument, null),
            KubernetesConflictException => (ErrorCategory.ResourceBusy, "Somebody else changed it at the same time: run the command again."),
            KubernetesTimeoutException or SchedulerTimeoutException or TimeoutException => (ErrorCategory.OperationTimeout, null),
            KubernetesUnreachableException or KubernetesThrottledException or KubernetesServerException => (ErrorCategory.ConnectionError, null),
            SchedulerUnreachableException => (ErrorCategory.ConnectionError, "Look at the scheduler's log: Get-DaskLog -Component Scheduler."),
            LosslessScaleDownException => (ErrorCategory.ResourceUnavailable, "Shrink it all the same with -Immediate; lost results are computed again."),
            WorkersNotReadyException => (ErrorCategory.OperationTimeout, "Look at the pods' logs: Get-DaskLog; wait longer with -TimeoutSec."),
            DaskNoWorkerException => (ErrorCategory.ResourceUnavailable, "Scale a group that fits: Get-DaskWorkerGroup, Set-DaskWorkerGroup."),
            DaskTaskException => (ErrorCategory.InvalidResult, "The Python traceback: $Error[0].Exception.PythonTraceback."),
            NoClusterException => (ErrorCategory.ConnectionError, "Connect first: Connect-DaskCluster my-dask. Or give -Cluster."),
            ScaleTargetUnknownException => (ErrorCategory.InvalidOperation, "Scale it with -Replicas."),
            PortForwardException => (ErrorCategory.ResourceBusy, null),
            ArgumentException => (ErrorCategory.InvalidArgument, null),
            ItemNotFoundException => (ErrorCategory.ObjectNotFound, null),
            OperationCanceledException => (ErrorCategory.OperationStopped, null),
            IOException or UnauthorizedAccessException => (ErrorCategory.WriteError, null),
            _ => (ErrorCategory.NotSpecified, null),
        };
        string id = e is GroupMissingException ? nameof(WorkerGroupNotFoundException) : e.GetType().Name;
        ErrorRecord record = new(e, id.EndsWith("Exception", StringComparison.Ordinal) ? id[..^"Exception".Length] : id, category, target);
        if (advice is not null)
        {
            record.ErrorDetails = new ErrorDetails(e.Message) { RecommendedAction = advice };
        }

        return record;
    }
}
