using System.Collections.Frozen;
using System.Globalization;

using DaskK8s.Yaml;

namespace DaskK8s.Helm.Values;

/// <summary>Finds values that the Dask chart would reject, ignore, or interpret differently than they appear.</summary>
/// <remarks>From the chart's templates, version 2025.11.0.</remarks>
internal sealed class ValuesValidator
{
    private static readonly FrozenSet<string> GroupKeys = FrozenSet.Create(
        StringComparer.Ordinal,
        "name", "replicas", "strategy", "annotations", "image", "mounts", "custom_scheduler_url", "resources", "threads_per_worker", "default_resources",
        "portDashboard", "port", "extraArgs", "env", "nodeSelector", "securityContext", "affinity", "tolerations", "serviceAccountName");

    private static readonly FrozenSet<string> IgnoredGroupKeys = FrozenSet.Create(
        StringComparer.Ordinal, "livenessProbe", "readinessProbe", "metrics");

    private static readonly FrozenSet<string> TopKeys = FrozenSet.Create(
        StringComparer.Ordinal, "scheduler", "webUI", "worker", "jupyter", "additional_worker_groups", "nameOverride", "fullnameOverride", "global");

    private readonly List<HelmValuesProblem> _problems = [];
    private readonly HelmValues _values;
    private readonly string _prefix;
    private readonly ValueNode.Map _worker;

    private ValuesValidator(HelmValues values)
    {
        _values = values;
        _prefix = values.PathPrefix;
        _worker = values.Dask.MapAt(DaskValues.WorkerKey);
    }

    public static IReadOnlyList<HelmValuesProblem> Validate(HelmValues values)
    {
        ValuesValidator validator = new(values);
        validator.Validate();
        return validator._problems;
    }

    private void Validate()
    {
        ValueNode.Map config = DaskValues.Select(_values.Config, _values.Path);
        foreach (string key in config.Entries.Keys.Where(key => !TopKeys.Contains(key) && _values.Defaults.At(key) is null && _values.DaskDefaults[key] is null))
        {
            Warn(ValuePath.Escape(key), "The chart has no such key and ignores it: check the spelling.");
        }

        CheckTag("scheduler", _values.Dask.MapAt("scheduler"));
        CheckTag("jupyter", _values.Dask.MapAt("jupyter"));
        CheckGroup(DaskValues.WorkerKey, _worker, _worker, isDefault: true);
        CheckAbilities(config);
        switch (_values.Dask[DaskValues.GroupsKey])
        {
            case null or ValueNode.Null:
                return;
            case ValueNode.List list:
                CheckGroups(list);
                return;
            default:
                Fail(DaskValues.GroupsKey, "Groups are a list: each begins with '- name: …'.");
                return;
        }
    }

    /// <summary>Checks for features that the release's own chart lacks: charts before 2021 have no additional groups or external schedulers.</summary>
    private void CheckAbilities(ValueNode.Map config)
    {
        if (_values.DaskDefaults is not { Count: > 0 } defaults || defaults[DaskValues.WorkerKey] is not ValueNode.Map worker)
        {
            return;
        }

        const string advice = "Upgrade to a version of the chart that has it ('helm search repo dask/dask --versions'), and compare the values of both before.";
        if (defaults[DaskValues.GroupsKey] is null && config.ListAt(DaskValues.GroupsKey).Count > 0)
        {
            Fail(DaskValues.GroupsKey, $"The release's chart is too old for additional worker groups and ignores them: nothing of them would be deployed. {advice}");
        }

        if (defaults[DaskValues.GroupsKey] is null && worker["custom_scheduler_url"] is null && config.TextAt(DaskValues.WorkerKey, "custom_scheduler_url") is not null)
        {
            Fail($"{DaskValues.WorkerKey}.custom_scheduler_url", $"The release's chart is too old for a scheduler elsewhere and ignores it. {advice}");
        }
    }

    private void CheckGroups(ValueNode.List groups)
    {
        Dictionary<string, int> seen = new(StringComparer.Ordinal) { [_values.DefaultGroupName] = -1 };
        for (int i = 0; i < groups.Items.Count; i++)
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"{DaskValues.GroupsKey}[{i}]");
            if (groups.Items[i] is not ValueNode.Map group)
            {
                Fail(path, "A group is a map: 'name: …', 'replicas: …'.");
                continue;
            }

            CheckName(path, i, group, seen);
            foreach (string? key in group.Entries.Keys.Where(key => !GroupKeys.Contains(key)))
            {
                Warn($"{path}.{ValuePath.Escape(key)}", IgnoredGroupKeys.Contains(key)
                    ? "The chart's template for additional groups ignores this key; only the default group has it."
                    : "The chart has no such key of a group and ignores it: check the spelling.");
            }

            CheckGroup(path, group, ValueMerge.MergeGroup(group, _worker), isDefault: false);
        }
    }

    private void CheckName(string path, int index, ValueNode.Map group, Dictionary<string, int> seen)
    {
        if (group.TextAt("name") is not { } name)
        {
            Fail(path, "The group has no name, so the chart would give it the default group's.");
        }
        else if (!WorkerGroupChecks.IsDnsLabel(name))
        {
            Fail(path + ".name", "The name is not a DNS label: 1 to 63 of a-z, 0-9 and '-', with a letter or digit at both ends.");
        }
        else if (group["name"] is not ValueNode.Text)
        {
            Warn(path + ".name", "YAML reads the name as a number or a boolean: put it in quotes.");
        }
        else if (!seen.TryAdd(name, index))
        {
            if (seen[name] < 0)
            {
                Warn(path + ".name", $"'{name}' is also the name of the default group, so the name is ambiguous.");
            }
            else
            {
                Fail(path + ".name", string.Create(CultureInfo.InvariantCulture, $"'{name}' appears twice: item {seen[name]} has the same name, and both would create the same Deployment."));
            }
        }
    }

    private void CheckGroup(string path, ValueNode.Map own, ValueNode.Map effective, bool isDefault)
    {
        ValueNode? replicas = own["replicas"];
        if (replicas is not (null or ValueNode.Null) && !IsCount(replicas))
        {
            Fail(path + ".replicas", "Replicas must be a whole number, 0 or more.");
        }
        else if (!isDefault && replicas is ValueNode.Number && own.IntAt("replicas") == 0 && effective.IntAt("replicas") is { } deployed and not 0)
        {
            Warn(path + ".replicas", string.Create(
                CultureInfo.InvariantCulture,
                $"The chart takes 0 for a missing number and deploys the default group's {deployed}. Scale the group to 0 after the upgrade, or give the default group ('worker.replicas') 0 too."));
        }

        CheckTag(path, own);
        foreach ((ValueNode? argument, int i) in own.ListAt("extraArgs").Select((argument, i) => (argument, i)))
        {
            if (argument is not ValueNode.Text)
            {
                Fail(string.Create(CultureInfo.InvariantCulture, $"{path}.extraArgs[{i}]"), "Kubernetes accepts only strings as arguments: put it in quotes.");
            }
        }

        if (own.TextAt("image", "dask_worker") is { } command && !WorkerGroupChecks.IsOneWord(command))
        {
            Fail(path + ".image.dask_worker", "The chart passes the command as one argument, so it must be one word: 'dask-worker' or 'dask-cuda-worker'.");
        }

        // The template writes the limit of cpu as --nthreads, which takes whole numbers only.
        if (effective.MapAt("resources", "limits").Count > 0
            && ValueMerge.IsEmpty(effective["threads_per_worker"])
            && effective.At("resources", "limits", "cpu") is { } cpu
            && !ValueMerge.IsEmpty(cpu)
            && !int.TryParse(cpu.AsText(), NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            Fail(path + ".resources.limits.cpu", "The chart derives the worker's threads from this limit, and Dask accepts only whole numbers: the worker would not start. Set 'threads_per_worker', or a whole number.");
        }
    }

    // A quoted number is one as soon as the template has written it: 'helm upgrade --set-string' makes such.
    private static bool IsCount(ValueNode replicas)
    {
        ValueNode rendered = replicas is ValueNode.Text text ? YamlScalar.ResolvePlain(text.Value) : replicas;
        return rendered is ValueNode.Number && rendered.IntAt() is >= 0;
    }

    private void CheckTag(string path, ValueNode.Map own)
    {
        switch (own.At("image", "tag"))
        {
            case ValueNode.Number number when ValueNumber.TryGetDouble(number, out double value):
                Warn(path + ".image.tag", $"YAML reads a number here, and Helm writes it as '{GoNumber.Format(value)}': put the tag in quotes.");
                break;
            case ValueNode.Bool flag:
                Warn(path + ".image.tag", $"YAML reads a boolean here, and Helm writes it as '{(flag.Value ? "true" : "false")}': put the tag in quotes.");
                break;
        }
    }

    private void Fail(string path, string message) => _problems.Add(new HelmValuesProblem(_prefix + path, message, IsError: true));

    private void Warn(string path, string message) => _problems.Add(new HelmValuesProblem(_prefix + path, message, IsError: false));
}
