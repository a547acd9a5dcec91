using DaskK8s.Helm.Values;
using DaskK8s.Yaml;

namespace DaskK8s.Helm.Chart;

/// <summary>Matches worker Deployments with the groups in the values.</summary>
internal static class ChartWorkerGroups
{
    /// <summary>Returns the groups in the order of the values, each with its Deployment.</summary>
    /// <param name="deployments">The worker Deployments, in the manifest's order.</param>
    /// <param name="names">The chart's names.</param>
    /// <param name="values">The Dask chart's computed values; empty if unknown.</param>
    /// <returns>The groups, starting with the default group; Deployments without a group in the values are last.</returns>
    public static IReadOnlyList<ChartWorkerGroup> Match(IReadOnlyList<ChartDeployment> deployments, ChartNames names, ValueNode.Map values)
    {
        ValueNode.Map worker = values.MapAt(DaskValues.WorkerKey);
        string defaultName = worker.TextAt("name") ?? "worker";
        List<ValueNode.Map> declared = values.ListAt(DaskValues.GroupsKey).OfType<ValueNode.Map>().ToList();
        List<ChartDeployment> left = [.. deployments];
        ChartDeployment? byDefault = TakeDefault(left, names, defaultName, declared);

        ChartDeployment?[] own = new ChartDeployment?[declared.Count];
        for (int i = 0; i < own.Length; i++)
        {
            own[i] = Take(left, NameOf(declared[i], defaultName) is var name ? names.Workers(name) : "");
        }

        for (int i = 0; i < own.Length; i++)
        {
            own[i] ??= TakeEnding(left, "-" + NameOf(declared[i], defaultName));
        }

        for (int i = 0; i < own.Length && left.Count == own.Count(deployment => deployment is null); i++)
        {
            // Only where what is left over on both sides is as many: the chart writes them in the order of the values.
            own[i] ??= TakeFirst(left);
        }

        List<ChartWorkerGroup> groups = [];
        if (byDefault is not null)
        {
            groups.Add(Describe(defaultName, byDefault, worker, worker, isDefault: true));
        }

        for (int i = 0; i < own.Length; i++)
        {
            if (own[i] is { } deployment)
            {
                groups.Add(Describe(NameOf(declared[i], defaultName), deployment, declared[i], worker, isDefault: false));
            }
        }

        groups.AddRange(left.Select(deployment => Describe(names.GroupOf(deployment.Name) ?? deployment.Name, deployment, null, worker, isDefault: false)));
        return MakeNamesUnique(groups);
    }

    private static string NameOf(ValueNode.Map group, string defaultName) => group.TextAt("name") ?? defaultName;

    private static ChartWorkerGroup Describe(string name, ChartDeployment deployment, ValueNode.Map? group, ValueNode.Map worker, bool isDefault)
    {
        int? own = group.IntAt("replicas");
        int? byDefault = worker.IntAt("replicas");
        return new ChartWorkerGroup
        {
            Name = name,
            DeploymentName = deployment.Name,
            IsDefault = isDefault,
            ManifestReplicas = deployment.Replicas,
            DeclaredReplicas = group is null ? null : own ?? byDefault,
            Deployment = deployment,
            Values = isDefault || group is null ? worker : ValueMerge.MergeGroup(group, worker),
        };
    }

    private static ChartDeployment? TakeDefault(List<ChartDeployment> left, ChartNames names, string defaultName, List<ValueNode.Map> declared)
    {
        bool isTaken = declared.Any(group => names.Workers(NameOf(group, defaultName)) == names.DefaultWorkers);
        return (isTaken ? null : Take(left, names.DefaultWorkers))
            ?? Take(left, $"{names.FullName}-{defaultName}")
            ?? (left.Count > declared.Count ? TakeEnding(left, "-" + defaultName) ?? TakeShortest(left) : null);
    }

    private static ChartDeployment? Take(List<ChartDeployment> left, string name) => TakeAt(left, left.FindIndex(deployment => deployment.Name == name));

    private static ChartDeployment? TakeEnding(List<ChartDeployment> left, string suffix) =>
        TakeAt(left, left.FindIndex(deployment => deployment.Name.EndsWith(suffix, StringComparison.Ordinal)));

    // The others' names are that of the default group with something added.
    private static ChartDeployment? TakeShortest(List<ChartDeployment> left) =>
        TakeAt(left, left.MinBy(static deployment => deployment.Name.Length) is { } shortest ? left.IndexOf(shortest) : -1);

    private static ChartDeployment? TakeFirst(List<ChartDeployment> left) => TakeAt(left, left.Count > 0 ? 0 : -1);

    private static ChartDeployment? TakeAt(List<ChartDeployment> left, int index)
    {
        if (index < 0)
        {
            return null;
        }

        ChartDeployment taken = left[index];
        left.RemoveAt(index);
        return taken;
    }

    // A group without a name of its own inherits the default group's: the Deployment's name tells them apart.
    private static List<ChartWorkerGroup> MakeNamesUnique(List<ChartWorkerGroup> groups)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        for (int i = 0; i < groups.Count; i++)
        {
            if (!seen.Add(groups[i].Name))
            {
                groups[i] = groups[i] with { Name = groups[i].DeploymentName };
            }
        }

        return groups;
    }
}
