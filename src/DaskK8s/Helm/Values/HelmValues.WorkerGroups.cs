using DaskK8s.Helm.Values;
using DaskK8s.Yaml;

namespace DaskK8s;

/// <content>Makes values for the next upgrade.</content>
public sealed partial class HelmValues
{
    /// <summary>Puts values of one's own in the place of the user-supplied ones: those of a file that the next upgrade uses.</summary>
    /// <param name="values">The values; only their user-supplied part is taken.</param>
    /// <returns>New values over the same chart's defaults.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="values"/> is null.</exception>
    public HelmValues WithUserSupplied(HelmValues values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return new HelmValues(Defaults, values.Config, Path);
    }

    /// <summary>Adds a worker group, or changes the one of that name.</summary>
    /// <param name="group">What the group is to be; what it leaves out stays.</param>
    /// <returns>New values; everything else is kept, unknown keys and the keys' order too.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="group"/> is null.</exception>
    /// <exception cref="ArgumentException">
    /// The group's name is not a DNS label, its numbers are negative, its image has no tag, or its quantities and the like are malformed.
    /// </exception>
    /// <exception cref="HelmValuesException">The values' own list of groups is not a list of maps.</exception>
    public HelmValues WithWorkerGroup(WorkerGroupValues group)
    {
        ArgumentNullException.ThrowIfNull(group);
        WorkerGroupChecks.Check(group);
        return EditDask(WorkerGroupEditor.Apply(this, group));
    }

    /// <summary>Takes a worker group out.</summary>
    /// <param name="name">The name of an additional group; the default group cannot be taken out.</param>
    /// <returns>New values; the same where there is no such group.</returns>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty or names the default group.</exception>
    /// <exception cref="HelmValuesException">The values' own list of groups is not a list of maps.</exception>
    public HelmValues WithoutWorkerGroup(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name == DefaultGroupName)
        {
            throw new ArgumentException($"'{name}' is the default group, which every release has; give it 0 replicas instead.", nameof(name));
        }

        return EditDask(WorkerGroupEditor.Remove(this, name));
    }

    /// <summary>Looks for what the chart would refuse, or take otherwise than it looks.</summary>
    /// <returns>The problems in the order of the values: names, duplicates, unknown keys of groups, the trap of zero replicas, and more.</returns>
    public IReadOnlyList<HelmValuesProblem> Validate() => ValuesValidator.Validate(this);

    internal string DefaultGroupName => Dask.TextAt(DaskValues.WorkerKey, "name") ?? "worker";

    /// <summary>Sets the replicas of a group and nothing else.</summary>
    /// <param name="group">The group's name.</param>
    /// <param name="replicas">The number.</param>
    /// <returns>New values; the same where no group has that name, or where the number is there already.</returns>
    internal HelmValues WithReplicas(string group, int replicas)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(replicas);
        return WorkerGroupEditor.HasGroup(this, group)
            ? EditDask(WorkerGroupEditor.Apply(this, new WorkerGroupValues { Name = group, Replicas = replicas }))
            : this;
    }

    private HelmValues EditDask(ValueNode.Map dask) =>
        new(Defaults, DaskValues.Put(Config, Path, dask), Path);
}
