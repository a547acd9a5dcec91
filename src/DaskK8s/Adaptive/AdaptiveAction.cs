namespace DaskK8s;

/// <summary>The action that adaptive scaling took on a group.</summary>
public enum AdaptiveAction
{
    /// <summary>The group stays as it is.</summary>
    Hold,

    /// <summary>The group grows.</summary>
    Grow,

    /// <summary>The group shrinks without a loss.</summary>
    Shrink,

    /// <summary>What was to be done could not be done; it is tried again.</summary>
    Failed,

    /// <summary>Another loop adapts the release; this one waits for it to end.</summary>
    Standby,
}
