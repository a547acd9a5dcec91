using System.Diagnostics;

namespace DaskK8s.Benchmarks.Tunnel;

/// <summary>Finds the <c>kubectl</c> to compare with.</summary>
internal static class KubectlFinder
{
    /// <summary>Looks at the option, at the variable KUBECTL, in PATH, and at what tests/cluster has built.</summary>
    public static string Find(string? given)
    {
        string[] names = OperatingSystem.IsWindows() ? ["kubectl.exe", "kubectl"] : ["kubectl"];
        IEnumerable<string> inPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(folder => names.Select(name => Path.Combine(folder, name)));
        string cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } home
            ? home
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        IEnumerable<string> built = Directory.Exists(Path.Combine(cache, "daskk8s"))
            ? Directory.EnumerateDirectories(Path.Combine(cache, "daskk8s")).Select(folder => Path.Combine(folder, "bin", "kubectl"))
            : [];
        string?[] named = [given, Environment.GetEnvironmentVariable("KUBECTL")];
        return named.FirstOrDefault(path => !string.IsNullOrEmpty(path)) is { } asked
            ? asked
            : inPath.Concat(built).FirstOrDefault(File.Exists)
                ?? throw new InvalidOperationException("There is no kubectl in PATH to compare with; name one with --kubectl FILE.");
    }

    /// <summary>Asks kubectl for its version, which also shows that it runs.</summary>
    public static async Task<string> VersionAsync(string kubectl)
    {
        using Process process = Process.Start(new ProcessStartInfo(kubectl, ["version", "--client"]) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException($"'{kubectl}' did not start.");
        string version = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return version.Split('\n')[0].Trim();
    }
}
