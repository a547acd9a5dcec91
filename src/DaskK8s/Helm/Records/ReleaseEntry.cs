using System.Globalization;

namespace DaskK8s.Helm.Records;

/// <summary>A storage object of Helm, described by its name and labels alone: its release, revision and state.</summary>
internal sealed record ReleaseEntry(string ObjectName, string ReleaseName, int Revision, HelmReleaseStatus Status)
{
    private const string Prefix = "sh.helm.release.v1.";

    /// <summary>Reads an entry from an object's name and labels.</summary>
    /// <param name="objectName">The object's name: <c>sh.helm.release.v1.&lt;release&gt;.v&lt;revision&gt;</c>.</param>
    /// <param name="labels">The object's labels, which take precedence over the name; null for none.</param>
    /// <param name="entry">The entry.</param>
    /// <returns>False if the object is not a release record.</returns>
    public static bool TryCreate(string objectName, IEnumerable<KeyValuePair<string, string>>? labels, out ReleaseEntry entry)
    {
        string? name = null, version = null, status = null;
        foreach ((string? key, string? value) in labels ?? [])
        {
            switch (key)
            {
                case "name":
                    name = value;
                    break;
                case "version":
                    version = value;
                    break;
                case "status":
                    status = value;
                    break;
            }
        }

        bool known = TryParseObjectName(objectName, out string? nameInName, out int revisionInName);
        bool hasRevision = int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out int revision);
        entry = new ReleaseEntry(
            objectName,
            string.IsNullOrEmpty(name) ? nameInName : name,
            hasRevision ? revision : revisionInName,
            ReleaseStatusText.Parse(status));
        return known || (hasRevision && !string.IsNullOrEmpty(name));
    }

    /// <summary>Parses an object's name; the release's own name can contain dots, and even <c>.v2</c>.</summary>
    /// <param name="objectName">The object's name.</param>
    /// <param name="releaseName">The release's name.</param>
    /// <param name="revision">The revision.</param>
    /// <returns>False if the name is not that of a release record.</returns>
    public static bool TryParseObjectName(string objectName, out string releaseName, out int revision)
    {
        releaseName = "";
        revision = 0;
        if (!objectName.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        int end = objectName.LastIndexOf(".v", StringComparison.Ordinal);
        if (end <= Prefix.Length
            || !int.TryParse(objectName.AsSpan(end + 2), NumberStyles.None, CultureInfo.InvariantCulture, out revision))
        {
            return false;
        }

        releaseName = objectName[Prefix.Length..end];
        return true;
    }
}
