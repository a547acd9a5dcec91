using System.Globalization;
using System.Text;

using DaskK8s.Helm.Values;

namespace DaskK8s;

/// <summary>Describes a Helm release of the Dask chart, as Helm's storage in the cluster has it.</summary>
/// <remarks>
/// <see cref="Revision"/>, <see cref="Status"/> and <see cref="Description"/> are those of the newest revision;
/// <see cref="Values"/> and the chart are those of the revision whose objects the cluster holds (<see cref="ObjectsRevision"/>):
/// the newest deployed one, which <c>helm upgrade --reuse-values</c> starts from too.
/// </remarks>
public sealed record HelmRelease
{
    /// <summary>Gets the name of the release.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the namespace of the release.</summary>
    public required string Namespace { get; init; }

    /// <summary>Gets where the release was read from.</summary>
    public HelmReleaseSource Source { get; init; }

    /// <summary>Gets a value indicating whether Helm's record could not be read, so that all but the names is unknown.</summary>
    /// <value>True only where <see cref="Source"/> is <see cref="HelmReleaseSource.Labels"/>; <see cref="Values"/> is empty then.</value>
    public bool IsPartial => Source == HelmReleaseSource.Labels;

    /// <summary>Gets the namespace that Helm keeps the record in.</summary>
    /// <value>The release's own as a rule; Flux can keep it elsewhere. Null where the release is partial.</value>
    public string? RecordNamespace { get; init; }

    /// <summary>Gets the instance of the Dask chart that is connected to.</summary>
    /// <value><c>dask</c> where the release's own chart is the Dask chart; below an umbrella chart the aliases with dots between them.</value>
    public string? Instance { get; init; }

    /// <summary>Gets the names of all instances of the Dask chart in the release.</summary>
    public IReadOnlyList<string> Instances { get; init; } = [];

    /// <summary>Gets what manages the release, as far as its objects tell: <c>Helm</c>, <c>Argo CD (application research)</c>, <c>Flux (HelmRelease flux-system/my-dask)</c>.</summary>
    /// <value>Null where nothing tells it.</value>
    public string? ManagedBy { get; init; }

    /// <summary>Gets why <c>helm upgrade</c> is not the way to change the release, or null where it is.</summary>
    internal string? UpgradeObstacle { get; init; }

    /// <summary>Gets the newest revision.</summary>
    /// <value>1 for a fresh install; 0 where the release is partial.</value>
    public int Revision { get; init; }

    /// <summary>Gets the state of the newest revision.</summary>
    public HelmReleaseStatus Status { get; init; }

    /// <summary>Gets the revision whose objects the cluster holds.</summary>
    /// <value>The newest deployed revision; the newest one where none is deployed; 0 where the release is partial.</value>
    public int ObjectsRevision { get; init; }

    /// <summary>Gets, in plain words, what is unusual about the release's state and what to do about it.</summary>
    /// <value>Null where the newest revision is deployed, and where the release is partial.</value>
    public string? StatusExplanation { get; init; }

    /// <summary>Gets the name of the chart.</summary>
    /// <value><c>dask</c>, or the name of a chart that brings the Dask chart along; empty where it is not known.</value>
    public string ChartName { get; init; } = "";

    /// <summary>Gets the version of the chart.</summary>
    /// <value>Empty where it is not known.</value>
    public string ChartVersion { get; init; } = "";

    /// <summary>Gets the version of what the chart installs, as the chart says.</summary>
    /// <value>Empty where it is not known.</value>
    public string AppVersion { get; init; } = "";

    /// <summary>Gets when the release was installed first.</summary>
    public DateTimeOffset? FirstDeployed { get; init; }

    /// <summary>Gets when the newest revision was made.</summary>
    public DateTimeOffset? LastDeployed { get; init; }

    /// <summary>Gets when the release was uninstalled.</summary>
    /// <value>Null where it was not.</value>
    public DateTimeOffset? Deleted { get; init; }

    /// <summary>Gets what Helm says about the newest revision, for example <c>Upgrade complete</c>.</summary>
    public string Description { get; init; } = "";

    /// <summary>Gets the notes that the chart printed after the install.</summary>
    /// <value>Null where there are none. They may hold secrets: <see cref="ToString"/> leaves them out.</value>
    public string? Notes { get; init; }

    /// <summary>Gets how Helm applied the objects: <c>ssa</c> or <c>csa</c>.</summary>
    /// <value>Null in records of Helm 3, which knows client-side apply only.</value>
    public string? ApplyMethod { get; init; }

    /// <summary>Gets a value indicating whether Helm applied the objects on the server's side.</summary>
    /// <value>True makes the next upgrade fail with a conflict on <c>spec.replicas</c> where another field manager scaled a group.</value>
    public bool IsServerSideApplied => string.Equals(ApplyMethod, "ssa", StringComparison.Ordinal);

    /// <summary>Gets the major version of the Helm that wrote the record, guessed from the record's shape.</summary>
    /// <value>3 or 4; null where the release is partial.</value>
    public int? HelmMajorVersion { get; init; }

    /// <summary>Gets the values of the release.</summary>
    /// <value>Empty where the release is partial.</value>
    public HelmValues Values { get; init; } = HelmValues.Empty;

    /// <summary>Writes the command that upgrades the release with a values file.</summary>
    /// <param name="valuesFile">The file, as <see cref="HelmValues.ToYaml"/> fills it.</param>
    /// <param name="chart">
    /// The chart as Helm finds it: <c>repository/name</c>, a folder, or an address. A release does not say where its chart came from:
    /// null is <c>dask/dask</c> for the Dask chart, and the chart's bare name for another.
    /// </param>
    /// <param name="kubeContext">The kube context; null for kubectl's current one.</param>
    /// <param name="forceConflicts">
    /// True takes over fields that somebody else set, <c>spec.replicas</c> among them; only for releases with <see cref="IsServerSideApplied"/>.
    /// </param>
    /// <returns>
    /// One line that a POSIX shell, PowerShell and cmd read alike. Where a file or a context has one of <c>$ ` " % !</c> in its name, the line is for
    /// a POSIX shell.
    /// </returns>
    /// <exception cref="ArgumentException"><paramref name="valuesFile"/> is empty.</exception>
    /// <exception cref="HelmReleaseManagedException">The release belongs to a GitOps tool, or Helm has no record of it: <c>helm upgrade</c> would be undone, or would fail.</exception>
    public string GetUpgradeCommand(string valuesFile = "my-values.yaml", string? chart = null, string? kubeContext = null, bool forceConflicts = false)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(valuesFile);
        if (UpgradeObstacle is { } obstacle)
        {
            throw new HelmReleaseManagedException(Name, Namespace, ManagedBy, obstacle);
        }

        chart ??= ChartName is "" or DaskValues.ChartName ? "dask/dask" : ChartName;
        List<string> words = ["helm", "upgrade", Name, chart, "--namespace", RecordNamespace ?? Namespace, "--values", valuesFile];
        if (ChartVersion.Length > 0)
        {
            // Without it Helm takes the newest chart, and an upgrade of numbers becomes one of software.
            words.InsertRange(4, ["--version", ChartVersion]);
        }

        if (kubeContext is not null)
        {
            words.AddRange(["--kube-context", kubeContext]);
        }

        if (forceConflicts)
        {
            words.Add("--force-conflicts");
        }

        return string.Join(' ', words.Select(ShellWords.Quote));
    }

    /// <summary>Returns the name of the release, without any value, note or description.</summary>
    /// <returns>One line.</returns>
    public override string ToString()
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"HelmRelease {{ Name = {Name}, Namespace = {Namespace}, Revision = {Revision}, Status = {Status}");
        if (ObjectsRevision != Revision)
        {
            text.Append(CultureInfo.InvariantCulture, $", ObjectsRevision = {ObjectsRevision}");
        }

        text.Append(CultureInfo.InvariantCulture, $", Chart = {ChartName}-{ChartVersion}, Source = {Source} }}");
        return text.ToString();
    }
}
