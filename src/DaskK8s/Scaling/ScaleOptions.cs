using DaskK8s.Common;

namespace DaskK8s;

/// <summary>The options of a scaling.</summary>
public sealed record ScaleOptions
{
    /// <summary>Gets how a group shrinks; this does not affect growing.</summary>
    /// <value><see cref="ScaleDown.Lossless"/>.</value>
    public ScaleDown ScaleDown { get; init; } = ScaleDown.Lossless;

    /// <summary>Gets the time limit for leaving workers to finish their tasks and move their results.</summary>
    /// <value>5 minutes. A worker that takes longer stays, accepts tasks again, and is listed in <see cref="ScaleResult.NotRetired"/>.</value>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Gets whether the call waits until leaving pods are gone or new pods are ready.</summary>
    /// <value>False: growing returns when the API server has accepted the change, shrinking when the leaving pods are terminating.</value>
    public bool WaitForCompletion { get; init; }

    /// <summary>Gets how long <see cref="WaitForCompletion"/> waits.</summary>
    /// <value>5 minutes; then <see cref="ScaleResult.IsComplete"/> is false.</value>
    public TimeSpan CompletionTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Gets whether the next <c>helm upgrade</c> with Helm 4 can set <c>spec.replicas</c> again: the library changes it as the
    /// manager that applied it, or gives up ownership after each change. If false, the library owns the field after the change, and
    /// that upgrade fails with a conflict until another client connects to the release or scales it.
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
