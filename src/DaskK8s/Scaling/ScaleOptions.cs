using DaskK8s.Common;

namespace DaskK8s;

/// <summary>The options of a scaling.</summary>
public sealed record ScaleOptions
{
    /// <summary>Gets how a group shrinks; growing does not depend on it.</summary>
    /// <value><see cref="ScaleDown.Lossless"/>.</value>
    public ScaleDown ScaleDown { get; init; } = ScaleDown.Lossless;

    /// <summary>Gets how long the workers that leave may take to finish their tasks and hand over their results.</summary>
    /// <value>5 minutes. A worker that takes longer stays, works again, and is named in <see cref="ScaleResult.NotRetired"/>.</value>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Gets whether the call waits until the pods that leave are gone, or those that come are ready.</summary>
    /// <value>False: growing returns when the API server has accepted it, shrinking when the pods that leave are terminating.</value>
    public bool WaitForCompletion { get; init; }

    /// <summary>Gets how long <see cref="WaitForCompletion"/> waits.</summary>
    /// <value>5 minutes; then <see cref="ScaleResult.IsComplete"/> is false.</value>
    public TimeSpan CompletionTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Gets whether the next <c>helm upgrade</c> of Helm 4 may set <c>spec.replicas</c> again: the library changes it in the name of the
    /// manager that applied it, or gives it back after each change. Where this is false, the library owns the field after the change, and
    /// that upgrade fails with a conflict, until another client connects to the release or scales it.
    /// </summary>
    /// <value>True.</value>
    public bool GiveBackField { get; init; } = true;

    internal void Validate()
    {
        if (!Enum.IsDefined(ScaleDown))
        {
            throw new ArgumentOutOfRangeException(nameof(ScaleDown), ScaleDown, "No such way to shrink.");
        }

        Guard.PositiveLimit(DrainTimeout, nameof(DrainTimeout));
        Guard.PositiveLimit(CompletionTimeout, nameof(CompletionTimeout));
    }
}
