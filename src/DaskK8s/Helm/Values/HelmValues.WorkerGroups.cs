using DaskK8s.Helm.Values;
using DaskK8s.Yaml;

namespace DaskK8s;

/// <content>Creates values for the next upgrade.</content>
public sealed partial class HelmValues
{
    /// <summary>Replaces the user-supplied values with those of a file that the next upgrade uses.</summary>
    /// <param name="values">The values; only their user-supplied part is used.</param>
    /// <returns>New values over the same chart's defaults.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="values"/> is null.</exception>
    public HelmValues WithUserSupplied(HelmValues values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return new HelmValues(Defaults, values.Config, Path);
    }

    /// <summary>Adds a worker group, or changes the group of that name.</summary>
    /// <param name="group">The group's settings; settings that are not specified do not change.</param>
    /// <returns>New values; everything else is kept, including unknown keys and the order of the keys.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="group"/> is null.</exception>
    /// <exception cref="ArgumentException">
    /// The group's name is not a DNS label, a number is negative, the image has no tag, or a quantity or other setting is malformed.
    /// </exception>
    /// <exception cref="HelmValuesException">The values' list of groups is not a list of maps.</exception>
    public HelmValues WithWorkerGroup(WorkerGroupValues group)
    {
        ArgumentNullException.ThrowIfNull(group);
        WorkerGroupChecks.Check(group);
        return EditDask(WorkerGroupEditor.Apply(this, group));
    }

    /// <summary>Removes a worker group.</summary>
    /// <param name="name">The name of an additional group; the default group cannot be removed.</param>
    /// <returns>New values; the same values if there is no such group.</returns>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty or names the default group.</exception>
    /// <exception cref="HelmValuesException">The values' list of groups is not a list of maps.</exception>
    public HelmValues WithoutWorkerGroup(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name == DefaultGroupName)
        {
            throw new ArgumentException($"'{name}' is the default group, which every release has; give it 0 replicas instead.", nameof(name));
        }

        return EditDask(WorkerGroupEditor.Remove(this, name));
    }

    /// <summary>Finds values that the chart would reject or interpret differently than they appear.</summary>
    /// <returns>The problems in the order of the values, such as invalid or duplicate names, unknown keys of groups, and zero replicas.</returns>
    public IReadOnlyList<HelmValuesProblem> Validate() => ValuesValidator.Validate(this);

    internal string DefaultGroupName => Dask.TextAt(DaskValues.WorkerKey, "name") ?? "worker";

    /// <summary>Sets only the replicas of a group.</summary>
    /// <param name="group">The group's name.</param>
    /// <param name="replicas">The number.</param>
    /// <returns>New values; the same values if no group has that name, or if the number does not change.</returns>
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
