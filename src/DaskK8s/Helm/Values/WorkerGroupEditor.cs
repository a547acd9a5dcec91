using System.Globalization;

using DaskK8s.Yaml;

namespace DaskK8s.Helm.Values;

/// <summary>Changes worker groups in the user's values, and keeps everything else.</summary>
internal static class WorkerGroupEditor
{
    private const string ResourcesOption = "--resources";

    /// <summary>Adds or changes a group.</summary>
    /// <returns>The Dask chart's part of the user's values.</returns>
    public static ValueNode.Map Apply(HelmValues values, WorkerGroupValues group)
    {
        ValueNode.Map config = DaskValues.Select(values.Config, values.Path);
        ValueNode.Map worker = values.Dask.MapAt(DaskValues.WorkerKey);
        if (group.Name == values.DefaultGroupName)
        {
            return config.With(DaskValues.WorkerKey, Edit(config.MapAt(DaskValues.WorkerKey), worker, group));
        }

        List<ValueNode> groups = Groups(values);
        int at = groups.FindIndex(candidate => NameOf(candidate) == group.Name);
        if (at >= 0)
        {
            ValueNode.Map own = (ValueNode.Map)groups[at];
            groups[at] = Edit(own, ValueMerge.MergeGroup(own, worker), group);
        }
        else
        {
            groups.Add(Edit(ValueNode.Map.Empty.With("name", new ValueNode.Text(group.Name)), worker, group));
        }

        return config.With(DaskValues.GroupsKey, new ValueNode.List([.. groups]));
    }

    /// <summary>Removes a group.</summary>
    /// <returns>The Dask chart's part of the user's values.</returns>
    public static ValueNode.Map Remove(HelmValues values, string name)
    {
        ValueNode.Map config = DaskValues.Select(values.Config, values.Path);
        List<ValueNode> groups = Groups(values);
        return groups.RemoveAll(candidate => NameOf(candidate) == name) == 0
            ? config
            : config.With(DaskValues.GroupsKey, new ValueNode.List([.. groups]));
    }

    public static bool HasGroup(HelmValues values, string name) =>
        name == values.DefaultGroupName || Groups(values).Any(candidate => NameOf(candidate) == name);

    // Helm replaces lists whole, so a list that only the defaults have has to be written out to be changed.
    private static List<ValueNode> Groups(HelmValues values)
    {
        string path = values.PathPrefix + DaskValues.GroupsKey;
        return values.Dask[DaskValues.GroupsKey] switch
        {
            null or ValueNode.Null => [],
            ValueNode.List list when list.Items.All(item => item is ValueNode.Map) => [.. list.Items],
            _ => throw new HelmValuesException($"'{path}' is not a list of maps, so its groups cannot be changed. Each group is a list item: '- name: …'.", path),
        };
    }

    private static string? NameOf(ValueNode group) => group.TextAt("name");

    // 'own' is what is written, 'effective' what the chart's template sees.
    private static ValueNode.Map Edit(ValueNode.Map own, ValueNode.Map effective, WorkerGroupValues group)
    {
        if (group.Replicas is { } replicas)
        {
            own = own.With("replicas", Number(replicas));
        }

        if (group.Threads is { } threads)
        {
            own = own.With("threads_per_worker", Number(threads));
        }

        if (group.Image is not null)
        {
            (string? repository, string? tag) = ImageReference.Parse(group.Image);
            own = Put(own, "image", [new("repository", repository), new("tag", tag)]);
        }

        if (group.WorkerCommand is not null)
        {
            own = Put(own, "image", [new("dask_worker", group.WorkerCommand)]);
        }

        own = PutResources(own, "limits", group.Limits);
        own = PutResources(own, "requests", group.Requests);
        own = Put(own, "nodeSelector", group.NodeSelector);
        if (group.Tolerations is not null)
        {
            own = own.With("tolerations", new ValueNode.List([.. group.Tolerations.Select(ToNode)]));
        }

        if (group.Env.Count > 0)
        {
            own = own.With("env", MergeEnv(effective.ListAt("env"), group.Env));
        }

        return PutArguments(own, effective, group);
    }

    private static ValueNode.Map PutArguments(ValueNode.Map own, ValueNode.Map effective, WorkerGroupValues group)
    {
        if (group.ExtraArgs is null && group.DaskResources.Count == 0)
        {
            return own;
        }

        List<ValueNode> arguments = group.ExtraArgs is not null
            ? [.. group.ExtraArgs.Select(argument => new ValueNode.Text(argument))]
            : [.. effective.ListAt("extraArgs")];
        if (group.DaskResources.Count > 0)
        {
            RemoveResources(arguments);
            arguments.Add(new ValueNode.Text(ResourcesOption));
            arguments.Add(new ValueNode.Text(DaskResources.Format(group.DaskResources)));
        }

        return own.With("extraArgs", new ValueNode.List([.. arguments]));
    }

    private static void RemoveResources(List<ValueNode> arguments)
    {
        for (int i = arguments.Count - 1; i >= 0; i--)
        {
            string? text = arguments[i].AsText();
            if (text == ResourcesOption)
            {
                arguments.RemoveRange(i, Math.Min(2, arguments.Count - i));
            }
            else if (text?.StartsWith(ResourcesOption + "=", StringComparison.Ordinal) == true)
            {
                arguments.RemoveAt(i);
            }
        }
    }

    private static ValueNode.List MergeEnv(IReadOnlyList<ValueNode> there, IDictionary<string, string> more)
    {
        List<ValueNode> variables = [.. there.Where(variable => variable.TextAt("name") is not { } name || !more.ContainsKey(name))];
        variables.AddRange(more.Select(variable => Put(ValueNode.Map.Empty.With("name", new ValueNode.Text(variable.Key)), [new("value", variable.Value)])));
        return new ValueNode.List([.. variables]);
    }

    private static ValueNode.Map ToNode(Toleration toleration)
    {
        ValueNode.Map node = ValueNode.Map.Empty;
        foreach ((string? key, string? value) in new (string, string?)[] { ("key", toleration.Key), ("operator", toleration.Operator), ("value", toleration.Value), ("effect", toleration.Effect) })
        {
            node = value is null ? node : node.With(key, new ValueNode.Text(value));
        }

        return node;
    }

    private static ValueNode.Map PutResources(ValueNode.Map own, string kind, IDictionary<string, string> quantities) =>
        quantities.Count == 0 ? own : own.With("resources", Put(own.MapAt("resources"), kind, quantities));

    private static ValueNode.Map Put(ValueNode.Map own, string key, ICollection<KeyValuePair<string, string>> entries) =>
        entries.Count == 0 ? own : own.With(key, Put(own.MapAt(key), entries));

    private static ValueNode.Map Put(ValueNode.Map map, ICollection<KeyValuePair<string, string>> entries)
    {
        foreach ((string? key, string? value) in entries)
        {
            map = map.With(key, new ValueNode.Text(value));
        }

        return map;
    }

    private static ValueNode.Number Number(int value) => new(value.ToString(CultureInfo.InvariantCulture));
}
