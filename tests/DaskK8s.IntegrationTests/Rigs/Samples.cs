namespace DaskK8s.IntegrationTests.Rigs;

/// <summary>Finds the samples that were built beside the tests.</summary>
internal static class Samples
{
    public static string Folder(string sample)
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "DaskK8s.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder!.FullName, "samples", sample);
    }

    public static string ProgramPath(string sample)
    {
        string[] output = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar).Split(Path.DirectorySeparatorChar);
        return Path.Combine(Folder(sample), "bin", output[^2], output[^1], $"{sample}.dll");
    }
}
