namespace DaskK8s.Testing.Releases;

/// <summary>The names that the chart generates.</summary>
internal static class ChartNames
{
    private const int Limit = 63;

    /// <summary>Returns the chart's name in its templates: its alias if an umbrella chart sets one.</summary>
    public static string NameInTemplates(DaskRelease release) => release.Subchart.Count > 0 ? release.Subchart[^1] : release.ChartName;

    public static string App(DaskRelease release) => Cut(string.IsNullOrEmpty(release.NameOverride) ? NameInTemplates(release) : release.NameOverride);

    public static string Fullname(DaskRelease release)
    {
        if (!string.IsNullOrEmpty(release.FullnameOverride))
        {
            return Cut(release.FullnameOverride);
        }

        string name = string.IsNullOrEmpty(release.NameOverride) ? NameInTemplates(release) : release.NameOverride;
        return Cut(release.Name.Contains(name, StringComparison.Ordinal) ? release.Name : $"{release.Name}-{name}");
    }

    public static string Chart(DaskRelease release) => Cut($"{NameInTemplates(release)}-{release.ChartVersion.Replace('+', '_')}");

    // The chart trims one dash, not all.
    private static string Cut(string name)
    {
        string cut = name.Length > Limit ? name[..Limit] : name;
        return cut.EndsWith('-') ? cut[..^1] : cut;
    }
}
