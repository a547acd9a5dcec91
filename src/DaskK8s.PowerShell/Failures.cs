using System.Management.Automation;

namespace DaskK8s.PowerShell;

/// <summary>Converts exceptions to error records with an ID, a category, a target and a recommended action.</summary>
internal static class Failures
{
    private const string LookAtTheLog = "Run the command again with -Verbose and -Debug to see what was tried.";

    /// <summary>Creates an error record.</summary>
    /// <param name="e">The exception; the error ID is its type's name.</param>
    /// <param name="target">The target object.</param>
    /// <param name="advice">The recommended action; null for the default of the exception's type.</param>
    public static ErrorRecord ToRecord(Exception e, object? target, string? advice = null)
    {
        (ErrorCategory category, string usual) = Judge(e);
        string id = e.GetType().Name;
        return new ErrorRecord(e, id.EndsWith("Exception", StringComparison.Ordinal) ? id[..^"Exception".Length] : id, category, target)
        {
            ErrorDetails = new ErrorDetails(e.Message) { RecommendedAction = advice ?? usual },
        };
    }

    private static (ErrorCategory Category, string Advice) Judge(Exception e) => e switch
    {
        WorkerGroupNotFoundException missing =>
            (ErrorCategory.ObjectNotFound, $"Use one of its groups: {string.Join(", ", missing.KnownGroups)}. Connect again if it was added since."),
        HelmReleaseNotFoundException { Releases.Count: > 0 } missing =>
            (ErrorCategory.ObjectNotFound, $"Use one of the releases: {string.Join(", ", missing.Releases)}."),
        HelmReleaseNotFoundException => (ErrorCategory.ObjectNotFound, "Look for releases: Get-DaskCluster -Available -AllNamespaces."),
        HelmReleaseInstanceException instance => (ErrorCategory.InvalidArgument, $"Choose one with -Instance: {string.Join(", ", instance.Instances)}."),
        HelmReleaseObjectsMissingException => (ErrorCategory.ObjectNotFound, "Look at the release with helm status and helm history."),
        HelmReleaseManagedException => (ErrorCategory.InvalidOperation, "Change the values where the tool that manages the release has them."),
        HelmReleaseException => (ErrorCategory.InvalidData, "Look at the release with helm status and helm history; an upgrade writes its record anew."),
        HelmValuesException { Path: not null } => (ErrorCategory.ObjectNotFound, "See all values: Get-DaskReleaseValue."),
        HelmValuesException => (ErrorCategory.InvalidData, "See all values: Get-DaskReleaseValue -AsYaml."),
        KubeConfigException { KnownContexts.Count: > 0 } config => (ErrorCategory.InvalidArgument, $"Use one of the contexts: {string.Join(", ", config.KnownContexts)}."),
        KubeConfigException => (ErrorCategory.InvalidData, "Give the file with -Kubeconfig, or set KUBECONFIG."),
        KubeCredentialException or KubernetesUnauthorizedException => (ErrorCategory.AuthenticationError, "Log in to the cluster again and connect again."),
        KubernetesForbiddenException => (ErrorCategory.PermissionDenied, "See what is missing: Test-DaskPermission; the Role to ask for: Test-DaskPermission -AsRole."),
        KubernetesNotFoundException => (ErrorCategory.ObjectNotFound, "It may have been removed since: connect again, or look for releases: Get-DaskCluster -Available."),
        KubernetesInvalidException => (ErrorCategory.InvalidArgument, "Change what the API server refused."),
        KubernetesConflictException => (ErrorCategory.ResourceBusy, "Somebody else changed it at the same time: run the command again."),
        KubernetesTimeoutException or SchedulerTimeoutException or TimeoutException => (ErrorCategory.OperationTimeout, $"Run the command again; connecting takes longer with -TimeoutSec. {LookAtTheLog}"),
        KubernetesUnreachableException => (ErrorCategory.ConnectionError, "See whether kubectl reaches the cluster with the same -Kubeconfig and -Context: is a VPN missing?"),
        KubernetesThrottledException or KubernetesServerException => (ErrorCategory.ConnectionError, "The API server is busy or in trouble: run the command again later."),
        SchedulerUnreachableException => (ErrorCategory.ConnectionError, "Look at the scheduler's log: Get-DaskLog -Component Scheduler."),
        LosslessScaleDownException => (ErrorCategory.ResourceUnavailable, "Shrink it all the same with -Immediate; lost results are computed again."),
        WorkersNotReadyException => (ErrorCategory.OperationTimeout, "Look at the pods' logs: Get-DaskLog; wait longer with -TimeoutSec."),
        DaskNoWorkerException => (ErrorCategory.ResourceUnavailable, "Find a group that can run the task with Get-DaskWorkerGroup, and scale it up with Set-DaskWorkerGroup."),
        DaskTaskException => (ErrorCategory.InvalidResult, "The Python traceback: $Error[0].Exception.PythonTraceback."),
        DaskResultException => (ErrorCategory.InvalidResult, "Let the program's last line be made of dicts, lists, texts and numbers, or be a dataframe, or None."),
        DaskTaskLostException => (ErrorCategory.ResourceUnavailable, "The scheduler was restarted: run the command again."),
        DaskRpcException => (ErrorCategory.InvalidOperation, $"Look at the scheduler's log: Get-DaskLog -Component Scheduler. {LookAtTheLog}"),
        NoClusterException => (ErrorCategory.ConnectionError, "Connect first: Connect-DaskCluster my-dask. Or give -Cluster."),
        AlreadyAdaptiveException => (ErrorCategory.ResourceExists, "Stop it first: Stop-DaskAdaptive."),
        ScaleTargetUnknownException => (ErrorCategory.InvalidOperation, "Scale it with -Replicas."),
        PortForwardException => (ErrorCategory.ResourceBusy, $"Connect again. {LookAtTheLog}"),
        ArgumentException or PSInvalidCastException => (ErrorCategory.InvalidArgument, "See what the command takes: Get-Help with its name and -Full."),
        ItemNotFoundException => (ErrorCategory.ObjectNotFound, "See what there is: Get-DaskCluster."),
        ObjectDisposedException => (ErrorCategory.ConnectionError, "The connection was closed: connect again with Connect-DaskCluster."),
        OperationCanceledException => (ErrorCategory.OperationStopped, "Run the command again."),
        FileNotFoundException or DirectoryNotFoundException => (ErrorCategory.ObjectNotFound, "Give the path of a file that is there."),
        IOException or UnauthorizedAccessException => (ErrorCategory.WriteError, "Give the path of a file that you may read or write."),
        _ => (ErrorCategory.NotSpecified, LookAtTheLog),
    };
}
