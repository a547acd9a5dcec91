using DaskK8s.Common;

namespace DaskK8s;

/// <summary>The choice of log lines of a release.</summary>
public sealed record PodLogFilter
{
    /// <summary>Gets which pods are meant.</summary>
    /// <value><see cref="PodComponent.All"/>.</value>
    public PodComponent Component { get; init; }

    /// <summary>Gets the worker group whose pods are meant.</summary>
    /// <value>Null: those of every group.</value>
    public string? WorkerGroup { get; init; }

    /// <summary>Gets the name of the one pod that is meant.</summary>
    /// <value>Null: every pod that the other properties let through.</value>
    public string? PodName { get; init; }

    /// <summary>Gets whether to go on with new lines, and with pods that come later. Only for <see cref="HelmCluster.StreamLogsAsync"/>.</summary>
    /// <value>False: the stream ends with the last line that there is.</value>
    public bool Follow { get; init; }

    /// <summary>Gets whether the log of the container before the last restart is wanted. Not together with <see cref="Follow"/>.</summary>
    /// <value>False: the current container's, and the previous one's only where the current one has written nothing.</value>
    public bool Previous { get; init; }

    /// <summary>Gets how many of the last lines of each pod are wanted; 0 with <see cref="Follow"/> gives new lines only.</summary>
    /// <value>Null: all that the node has kept.</value>
    public int? TailLines { get; init; }

    /// <summary>Gets the age of the oldest line that is wanted, rounded up to whole seconds.</summary>
    /// <value>Null: no limit.</value>
    public TimeSpan? Since { get; init; }

    /// <summary>Gets how much text <see cref="HelmCluster.GetLogsAsync"/> keeps for each pod, in characters; the oldest lines are left out first, and a line says so.</summary>
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
