using DaskK8s.Helm.Chart;
using DaskK8s.Helm.Values;
using DaskK8s.Yaml;

namespace DaskK8s.Helm.Records;

/// <summary>The decoded content of one storage object of Helm: one revision of a release.</summary>
internal sealed class ReleaseRecord
{
    private IReadOnlyList<ChartInstance>? _found;

    /// <summary>Gets the name of the Secret or ConfigMap.</summary>
    public required string ObjectName { get; init; }

    /// <summary>Gets the name of the release.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the namespace: the record's own, else the object's.</summary>
    public required string Namespace { get; init; }

    /// <summary>Gets the revision.</summary>
    public required int Revision { get; init; }

    public HelmReleaseStatus Status { get; init; }

    public DateTimeOffset? FirstDeployed { get; init; }

    public DateTimeOffset? LastDeployed { get; init; }

    public DateTimeOffset? Deleted { get; init; }

    public string Description { get; init; } = "";

    public string? Notes { get; init; }

    public required string ChartName { get; init; }

    public string ChartVersion { get; init; } = "";

    public string AppVersion { get; init; } = "";

    /// <summary>Gets the chart's default values.</summary>
    public ValueNode.Map Defaults { get; init; } = ValueNode.Map.Empty;

    /// <summary>Gets the user's values.</summary>
    public ValueNode.Map Config { get; init; } = ValueNode.Map.Empty;

    /// <summary>Gets the objects that Helm applied, as YAML documents.</summary>
    public string Manifest { get; init; } = "";

    /// <summary>Gets how Helm 4 applied the objects: <c>ssa</c> or <c>csa</c>; null in records of Helm 3.</summary>
    public string? ApplyMethod { get; init; }

    /// <summary>Gets Helm's major version: Helm 4 writes how it applied the objects, and omits empty fields.</summary>
    public int HelmMajorVersion { get; init; }

    /// <summary>Gets the instances of the Dask chart in the release, at least one: a Dask chart that has created no objects counts as well.</summary>
    /// <exception cref="HelmReleaseNotDaskException">The release comes from another chart and contains nothing of Dask.</exception>
    public IReadOnlyList<ChartInstance> Instances => Found switch
    {
        { Count: > 0 } found => found,
        _ when ChartName == DaskValues.ChartName => [new ChartInstance([], ChartObjects.From(Name, ValueMerge.Coalesce(Defaults, Config), [], [], []), [])],
        _ => throw new HelmReleaseNotDaskException(ObjectName, Namespace, Name, ChartName, ChartVersion, ForeignDask.In(Manifest)),
    };

    /// <summary>Creates the public description of the release.</summary>
    /// <param name="source">The source of the record.</param>
    /// <param name="history">All revisions; null if only this one is known.</param>
    /// <param name="newest">The newest revision's record, if it was read and differs from this one.</param>
    /// <returns>The release, with the values of this record.</returns>
    public HelmRelease ToRelease(HelmReleaseSource source, ReleaseHistory? history = null, ReleaseRecord? newest = null)
    {
        newest ??= this;
        return new HelmRelease
        {
            Name = Name,
            Namespace = Namespace,
            Source = source,
            Revision = history?.Newest.Revision ?? newest.Revision,
            Status = history is { Newest.Status: not HelmReleaseStatus.Unknown } ? history.Newest.Status : newest.Status,
            ObjectsRevision = Revision,
            StatusExplanation = history?.Explanation,
            ChartName = ChartName,
            ChartVersion = ChartVersion,
            AppVersion = AppVersion,
            FirstDeployed = FirstDeployed,
            LastDeployed = newest.LastDeployed,
            Deleted = newest.Deleted,
            Description = newest.Description,
            Notes = Notes,
            ApplyMethod = ApplyMethod,
            HelmMajorVersion = HelmMajorVersion,
            Values = new HelmValues(Defaults, Config, PathToDask()),
        };
    }

    /// <summary>Gets the instances that have objects in the manifest; the manifest is read once.</summary>
    private IReadOnlyList<ChartInstance> Found => _found ??= ChartInstances.FromRecord(this);

    private IReadOnlyList<string> PathToDask()
    {
        if (ChartName == DaskValues.ChartName)
        {
            return [];
        }

        return Found is { Count: > 0 } found ? found[0].Path : ChartInstances.PathOf(this);
    }
}
