namespace DaskK8s.PowerShell;

/// <summary>The exception that is thrown when adaptive scaling of a cluster is already running.</summary>
public sealed class AlreadyAdaptiveException : InvalidOperationException
{
    internal AlreadyAdaptiveException(DaskAdaptive? running)
        : base($"Adaptive scaling is already running in this session: {running}. Stop it first: Stop-DaskAdaptive.")
    {
    }
}
