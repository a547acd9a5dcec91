using System.Text.RegularExpressions;

using DaskK8s.Helm.Records;
using DaskK8s.Helm.Values;
using DaskK8s.Yaml;

namespace DaskK8s.Helm.Chart;

/// <summary>Finds every instance of the Dask chart in a release, by its objects.</summary>
/// <remarks>
/// Above each object, Helm writes the chart (with aliases) that its template belongs to, so the path to the values is known at any depth.
/// If a post-renderer has removed these comments, the chart's labels distinguish the instances, and the values are searched.
/// </remarks>
internal static partial class ChartInstances
{
    private const int DeepestSearch = 8;

    /// <summary>Reads the instances from a record.</summary>
    /// <returns>The instances, ordered by their first objects in the manifest; none if the manifest contains nothing of Dask.</returns>
    public static IReadOnlyList<ChartInstance> FromRecord(ReleaseRecord record)
    {
        ManifestObject[] manifest = [.. ManifestDocuments.EnumerateObjects(record.Manifest, reason => new HelmReleaseUnreadableException(HelmReleaseUnreadableReason.Format, record.ObjectName, record.Namespace, reason))];
        bool areSourcesKnown = manifest.Where(static m => m.Item.TextAt("kind") == "Deployment").All(static m => m.Charts is not null);
        string KeyOf(ManifestObject item) => areSourcesKnown && item.Charts is { } charts ? string.Join('/', charts) : LabelOf(item.Item);
        ValueNode.Map values = ValueMerge.Coalesce(record.Defaults, record.Config);
        ILookup<string, ChartService?> services = manifest.ToLookup(KeyOf, static m => ChartService.FromManifest(m.Item), StringComparer.Ordinal);
        ChartIngress[] ingresses = [.. manifest.Select(static m => ChartIngress.FromManifest(m.Item)).OfType<ChartIngress>()];
        List<ChartInstance> instances = [];
        foreach ((string key, IReadOnlyList<ManifestObject> parts) in Group(manifest.Where(static m => m.Item.TextAt("kind") == "Deployment"), KeyOf))
        {
            IReadOnlyList<string> path = areSourcesKnown ? parts[0].Charts! : PathOf(key, record, values);
            ChartDeployment[] deployments = [.. parts.Select(static m => ChartDeployment.FromManifest(m.Item)).OfType<ChartDeployment>()];
            ChartObjects objects = ChartObjects.From(
                record.Name,
                DaskValues.Select(values, path),
                deployments,
                [.. services[key].Concat(key.Length > 0 ? services[""] : []).OfType<ChartService>()],
                ingresses,
                path.Count > 0 ? path[^1] : DaskValues.ChartName);
            if (IsDask(objects, deployments))
            {
                instances.Add(Of(path, deployments, objects));
            }
        }

        return instances;
    }

    /// <summary>Returns the path to the values of a chart that has created no objects.</summary>
    public static IReadOnlyList<string> PathOf(ReleaseRecord record) =>
        record.ChartName == DaskValues.ChartName ? [] : DaskValues.PathOf(record.ChartName, record.Defaults, record.Config);

    /// <summary>Groups Deployments in the cluster by the chart's name in their labels.</summary>
    /// <param name="release">The name of the release.</param>
    /// <param name="daskValues">The names of the components, if known.</param>
    /// <param name="deployments">The release's Deployments.</param>
    /// <returns>The instances that contain Dask objects.</returns>
    public static IReadOnlyList<ChartInstance> FromLive(string release, ValueNode.Map daskValues, IEnumerable<ChartDeployment> deployments) =>
    [
        .. Group(deployments, static d => NameIn(d.Labels))
            .Select(part => (part.Key, part.Parts, Objects: ChartObjects.From(release, daskValues, part.Parts, [], [], part.Key.Length > 0 ? part.Key : DaskValues.ChartName)))
            .Where(static part => IsDask(part.Objects, part.Parts))
            .Select(static part => Of(part.Key is DaskValues.ChartName or "" ? [] : [part.Key], part.Parts, part.Objects)),
    ];

    /// <summary>Groups the parts by key, ordered by the first part of each group; parts without a key join the first group.</summary>
    private static List<(string Key, IReadOnlyList<T> Parts)> Group<T>(IEnumerable<T> items, Func<T, string> keyOf)
    {
        OrderedDictionary<string, List<T>> groups = new(StringComparer.Ordinal);
        foreach (T item in items)
        {
            string key = keyOf(item);
            if (!groups.TryGetValue(key, out List<T>? group))
            {
                groups[key] = group = [];
            }

            group.Add(item);
        }

        if (groups.Count > 1 && groups.TryGetValue("", out List<T>? nameless))
        {
            groups.Remove("");
            groups.GetAt(0).Value.AddRange(nameless);
        }

        return [.. groups.Select(static g => (g.Key, (IReadOnlyList<T>)g.Value))];
    }

    /// <summary>Determines whether objects are Dask's. Labels decide only if they name the Dask chart: other systems also have workers and schedulers.</summary>
    private static bool IsDask(ChartObjects objects, IReadOnlyList<ChartDeployment> deployments) =>
        (objects.Scheduler is not null || objects.WorkerGroups.Count > 0)
        && deployments.Any(static d => d.CommandLine.Program != DaskProgram.Other
            || NameIn(d.Labels) == DaskValues.ChartName
            || d.Labels.GetValueOrDefault("app") == DaskValues.ChartName);

    private static ChartInstance Of(IReadOnlyList<string> path, IReadOnlyList<ChartDeployment> deployments, ChartObjects objects)
    {
        HashSet<string?> names = [.. objects.WorkerGroups.Select(static g => g.DeploymentName), objects.Scheduler?.DeploymentName, objects.Jupyter?.DeploymentName];
        ChartDeployment[] own = [.. deployments.Where(d => names.Contains(d.Name))];
        return new ChartInstance(path, objects, [.. own.Select(static d => d.Name)])
        {
            ChartVersion = own.Select(static d => VersionIn(d.Labels)).FirstOrDefault(static v => v is not null),
            Namespace = own.Select(static d => d.Namespace).FirstOrDefault(static n => n is not null),
        };
    }

    private static IReadOnlyList<string> PathOf(string name, ReleaseRecord record, ValueNode.Map values)
    {
        if (name == record.ChartName && record.ChartName == DaskValues.ChartName)
        {
            return [];
        }

        return name.Length > 0 && DaskValues.Search(values, name, DeepestSearch) is { } path ? path : DaskValues.PathOf(record.ChartName, record.Defaults, record.Config);
    }

    private static string LabelOf(ValueNode.Map item) => NameIn(ChartDeployment.Texts(item.MapAt("metadata", "labels")));

    /// <summary>Returns the chart's name, or its alias if it has one.</summary>
    private static string NameIn(IReadOnlyDictionary<string, string> labels)
    {
        string chart = labels.GetValueOrDefault("chart", "");
        if (Version().Match(chart) is { Success: true } version)
        {
            return chart[..version.Index];
        }

        // A long alias leaves no room for the whole version: the last dash before a digit then separates the two.
        int dash = chart.LastIndexOf('-');
        while (dash > 0 && (dash + 1 >= chart.Length || !char.IsAsciiDigit(chart[dash + 1])))
        {
            dash = chart.LastIndexOf('-', dash - 1);
        }

        return dash > 0 ? chart[..dash] : labels.GetValueOrDefault("app", "");
    }

    // The first one: what follows it is the version's own pre-release and build, which may hold dashes and numbers too.
    [GeneratedRegex(@"(?<=.)-v?\d+\.\d+\.\d+(?=$|[-_+])", RegexOptions.CultureInvariant)]
    private static partial Regex Version();

    private static string? VersionIn(IReadOnlyDictionary<string, string> labels) =>
        labels.TryGetValue("chart", out string? chart) && NameIn(labels) is { Length: > 0 } name && chart.Length > name.Length + 1 && chart.StartsWith(name, StringComparison.Ordinal)
            ? chart[(name.Length + 1)..].Replace('_', '+')
            : null;
}
