namespace DaskK8s;

/// <summary>The action that adaptive scaling took on a group.</summary>
public enum AdaptiveAction
{
    /// <summary>The group keeps its size.</summary>
    Hold,

    /// <summary>The group grows.</summary>
    Grow,

    /// <summary>The group shrinks without losing results.</summary>
    Shrink,

    /// <summary>The action failed and is retried.</summary>
    Failed,

    /// <summary>Another loop is scaling the release; this one waits for it to end.</summary>
    Standby,
}
