using System.Globalization;
using System.Text;

using DaskK8s.Helm.Values;

namespace DaskK8s;

/// <summary>A Helm release of the Dask chart, as stored by Helm in the cluster.</summary>
/// <remarks>
/// <see cref="Revision"/>, <see cref="Status"/> and <see cref="Description"/> describe the newest revision;
/// <see cref="Values"/> and the chart describe the revision whose objects are in the cluster (<see cref="ObjectsRevision"/>):
/// the newest deployed one, which is also what <c>helm upgrade --reuse-values</c> starts from.
/// </remarks>
public sealed record HelmRelease
{
    /// <summary>Gets the name of the release.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the namespace of the release.</summary>
    public required string Namespace { get; init; }

    /// <summary>Gets the source that the release was read from.</summary>
    public HelmReleaseSource Source { get; init; }

    /// <summary>Gets a value indicating whether Helm's record could not be read, so that only the names are known.</summary>
    /// <value>True only if <see cref="Source"/> is <see cref="HelmReleaseSource.Labels"/>; <see cref="Values"/> is then empty.</value>
    public bool IsPartial => Source == HelmReleaseSource.Labels;

    /// <summary>Gets the namespace in which Helm keeps the record.</summary>
    /// <value>Usually the release's own namespace; Flux can keep it in another one. Null if the release is partial.</value>
    public string? RecordNamespace { get; init; }

    /// <summary>Gets the instance of the Dask chart that the client is connected to.</summary>
    /// <value><c>dask</c> if the release's own chart is the Dask chart; in an umbrella chart, the aliases with dots between them.</value>
    public string? Instance { get; init; }

    /// <summary>Gets the names of all instances of the Dask chart in the release.</summary>
    public IReadOnlyList<string> Instances { get; init; } = [];

    /// <summary>Gets what manages the release, as indicated by its objects: <c>Helm</c>, <c>Argo CD (application research)</c>, <c>Flux (HelmRelease flux-system/my-dask)</c>.</summary>
    /// <value>Null if unknown.</value>
    public string? ManagedBy { get; init; }

    /// <summary>Gets the reason why <c>helm upgrade</c> cannot be used to change the release, or null if it can.</summary>
    internal string? UpgradeObstacle { get; init; }

    /// <summary>Gets the newest revision.</summary>
    /// <value>1 for a fresh install; 0 if the release is partial.</value>
    public int Revision { get; init; }

    /// <summary>Gets the state of the newest revision.</summary>
    public HelmReleaseStatus Status { get; init; }

    /// <summary>Gets the revision whose objects are in the cluster.</summary>
    /// <value>The newest deployed revision; the newest one if none is deployed; 0 if the release is partial.</value>
    public int ObjectsRevision { get; init; }

    /// <summary>Gets, in plain words, what is unusual about the release's state, and how to resolve it.</summary>
    /// <value>Null if the newest revision is deployed, or if the release is partial.</value>
    public string? StatusExplanation { get; init; }

    /// <summary>Gets the name of the chart.</summary>
    /// <value><c>dask</c>, or the name of the chart that includes the Dask chart; empty if unknown.</value>
    public string ChartName { get; init; } = "";

    /// <summary>Gets the version of the chart.</summary>
    /// <value>Empty if unknown.</value>
    public string ChartVersion { get; init; } = "";

    /// <summary>Gets the version of the application, as declared by the chart.</summary>
    /// <value>Empty if unknown.</value>
    public string AppVersion { get; init; } = "";

    /// <summary>Gets the time of the first install.</summary>
    public DateTimeOffset? FirstDeployed { get; init; }

    /// <summary>Gets the time at which the newest revision was created.</summary>
    public DateTimeOffset? LastDeployed { get; init; }

    /// <summary>Gets the time at which the release was uninstalled.</summary>
    /// <value>Null if it was not uninstalled.</value>
    public DateTimeOffset? Deleted { get; init; }

    /// <summary>Gets Helm's description of the newest revision, for example <c>Upgrade complete</c>.</summary>
    public string Description { get; init; } = "";

    /// <summary>Gets the notes that the chart printed after the install.</summary>
    /// <value>Null if there are none. They can contain secrets: <see cref="ToString"/> leaves them out.</value>
    public string? Notes { get; init; }

    /// <summary>Gets how Helm applied the objects: server-side (<c>ssa</c>) or client-side (<c>csa</c>).</summary>
    /// <value>Null in records of Helm 3, which supports only client-side apply.</value>
    public string? ApplyMethod { get; init; }

    /// <summary>Gets a value indicating whether Helm used server-side apply.</summary>
    /// <value>If true, the next upgrade fails with a conflict on <c>spec.replicas</c> if another field manager scaled a group.</value>
    public bool IsServerSideApplied => string.Equals(ApplyMethod, "ssa", StringComparison.Ordinal);

    /// <summary>Gets the major version of the Helm client that wrote the record, inferred from the record's format.</summary>
    /// <value>3 or 4; null if the release is partial.</value>
    public int? HelmMajorVersion { get; init; }

    /// <summary>Gets the values of the release.</summary>
    /// <value>Empty if the release is partial.</value>
    public HelmValues Values { get; init; } = HelmValues.Empty;

    /// <summary>Returns the command that upgrades the release with a values file.</summary>
    /// <param name="valuesFile">The file, with the content of <see cref="HelmValues.ToYaml"/>.</param>
    /// <param name="chart">
    /// The chart reference for Helm: <c>repository/name</c>, a folder, or an address. A release does not store where its chart came from:
    /// null means <c>dask/dask</c> for the Dask chart, and the chart's bare name for another.
    /// </param>
    /// <param name="kubeContext">The kube context; null for kubectl's current one.</param>
    /// <param name="forceConflicts">
    /// True to take over fields that another client set, including <c>spec.replicas</c>; only for releases with <see cref="IsServerSideApplied"/>.
    /// </param>
    /// <returns>
    /// One line that works in a POSIX shell, PowerShell and cmd. If a file or context name contains one of <c>$ ` " % !</c>, the line is for
    /// a POSIX shell.
    /// </returns>
    /// <exception cref="ArgumentException"><paramref name="valuesFile"/> is empty.</exception>
    /// <exception cref="HelmReleaseManagedException">A GitOps tool manages the release, or Helm has no record of it: <c>helm upgrade</c> would be undone, or would fail.</exception>
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

    /// <summary>Returns the name of the release, without any values, notes or description.</summary>
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
