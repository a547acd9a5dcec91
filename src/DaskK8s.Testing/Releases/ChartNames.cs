namespace DaskK8s.Testing.Releases;

/// <summary>The names that the chart gives.</summary>
internal static class ChartNames
{
    private const int Limit = 63;

    public static string App(DaskRelease release) => Cut(string.IsNullOrEmpty(release.NameOverride) ? release.ChartName : release.NameOverride);

    public static string Fullname(DaskRelease release)
    {
        if (!string.IsNullOrEmpty(release.FullnameOverride))
        {
            return Cut(release.FullnameOverride);
        }

        string name = string.IsNullOrEmpty(release.NameOverride) ? release.ChartName : release.NameOverride;
        return Cut(release.Name.Contains(name, StringComparison.Ordinal) ? release.Name : $"{release.Name}-{name}");
    }

    public static string Chart(DaskRelease release) => Cut($"{release.ChartName}-{release.ChartVersion.Replace('+', '_')}");

    // The chart trims one dash, not all.
    private static string Cut(string name)
    {
        string cut = name.Length > Limit ? name[..Limit] : name;
        return cut.EndsWith('-') ? cut[..^1] : cut;
    }
}
