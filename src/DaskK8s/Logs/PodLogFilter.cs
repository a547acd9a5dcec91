using DaskK8s.Common;

namespace DaskK8s;

/// <summary>A filter for the log lines of a release.</summary>
public sealed record PodLogFilter
{
    /// <summary>Gets the component whose pods are included.</summary>
    /// <value><see cref="PodComponent.All"/>.</value>
    public PodComponent Component { get; init; }

    /// <summary>Gets the worker group whose pods are included.</summary>
    /// <value>Null: the pods of every group.</value>
    public string? WorkerGroup { get; init; }

    /// <summary>Gets the name of a single pod.</summary>
    /// <value>Null: every pod that matches the other properties.</value>
    public string? PodName { get; init; }

    /// <summary>Gets whether to continue with new lines and new pods. Only for <see cref="HelmCluster.StreamLogsAsync"/>.</summary>
    /// <value>False: the stream ends with the last existing line.</value>
    public bool Follow { get; init; }

    /// <summary>Gets whether to read the log of the container before its last restart. Cannot be combined with <see cref="Follow"/>.</summary>
    /// <value>False: the current container's log, or the previous one's if the current one has written nothing.</value>
    public bool Previous { get; init; }

    /// <summary>Gets the number of last lines to read from each pod; 0 with <see cref="Follow"/> returns only new lines.</summary>
    /// <value>Null: all lines that the node has kept.</value>
    public int? TailLines { get; init; }

    /// <summary>Gets the maximum age of lines, rounded up to whole seconds.</summary>
    /// <value>Null: no limit.</value>
    public TimeSpan? Since { get; init; }

    /// <summary>Gets the maximum number of characters that <see cref="HelmCluster.GetLogsAsync"/> keeps for each pod; older lines are dropped with a notice.</summary>
    /// <value>16 Mi characters.</value>
    public int MaxCharactersPerPod { get; init; } = 16 * 1024 * 1024;

    internal void Validate()
    {
        if (!Enum.IsDefined(Component))
        {
            throw new ArgumentOutOfRangeException(nameof(Component), Component, "Not a component.");
        }

        Guard.NotBlank(WorkerGroup, nameof(WorkerGroup));
        Guard.NotBlank(PodName, nameof(PodName));
        if (WorkerGroup is not null && Component is not (PodComponent.All or PodComponent.Worker))
        {
            throw new ArgumentException($"A worker group has no pods of the component {Component}; leave {nameof(Component)} at {nameof(PodComponent.All)}.", nameof(WorkerGroup));
        }

        if (Previous && Follow)
        {
            throw new ArgumentException("The log of a container that has ended cannot be followed; choose one of both.", nameof(Previous));
        }

        if (TailLines is { } lines)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(lines, nameof(TailLines));
        }

        if (Since is { } age && (age <= TimeSpan.Zero || age.TotalSeconds > int.MaxValue))
        {
            throw new ArgumentOutOfRangeException(nameof(Since), age, "An age must be longer than zero and at most 68 years.");
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(MaxCharactersPerPod, 1);
    }
}
