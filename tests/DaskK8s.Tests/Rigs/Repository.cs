namespace DaskK8s.Tests.Rigs;

/// <summary>Finds the files of the repository that the tests were built from.</summary>
internal static class Repository
{
    private static readonly string[] Unread = ["bin", "obj", "node_modules", "artifacts", "_site", "api"];

    public static string Root { get; } = FindRoot();

    /// <summary>Returns the files with an ending, as paths from the root with forward slashes; what is built is left out.</summary>
    public static IEnumerable<string> Files(string ending) => Walk(Root)
        .Where(path => path.EndsWith(ending, StringComparison.Ordinal))
        .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
        .Order(StringComparer.Ordinal);

    public static string PathOf(string relative) => Path.GetFullPath(Path.Combine(Root, relative));

    public static string Read(string relative) => File.ReadAllText(PathOf(relative)).ReplaceLineEndings("\n");

    private static IEnumerable<string> Walk(string folder) => Directory.EnumerateFiles(folder).Concat(
        Directory.EnumerateDirectories(folder).Where(static d => !Unread.Contains(Path.GetFileName(d)) && !Path.GetFileName(d).StartsWith('.')).SelectMany(Walk));

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DaskK8s.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No DaskK8s.sln above {AppContext.BaseDirectory}.");
    }
}
