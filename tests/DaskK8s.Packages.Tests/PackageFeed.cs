using System.Diagnostics;
using System.Reflection;

namespace DaskK8s.Packages.Tests;

/// <summary>The folder that the build packed into, with a packages folder of its own: what a test restores comes from there and not from an earlier run.</summary>
internal sealed class PackageFeed : IDisposable
{
    private readonly DirectoryInfo _packages = Directory.CreateTempSubdirectory("daskk8s-packages-");

    /// <summary>Gets the folder with the packages that were built with these tests.</summary>
    public string Folder { get; } = typeof(PackageFeed).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(static a => a.Key == "Packages").Value!;

    /// <summary>Gets the version of the packages.</summary>
    public string Version => Path.GetFileName(Of("DaskK8s"))["DaskK8s.".Length..^".nupkg".Length];

    /// <summary>Returns the file of a package.</summary>
    public string Of(string id) => Directory.GetFiles(Folder, $"{id}.*.nupkg").Single(f => char.IsAsciiDigit(Path.GetFileName(f)[id.Length + 1]));

    /// <summary>Lets a process restore into a folder of this feed, and take from the machine's own what is there already.</summary>
    public void Isolate(ProcessStartInfo start)
    {
        string machine = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        start.Environment["NUGET_PACKAGES"] = _packages.FullName;
        start.Environment["NUGET_FALLBACK_PACKAGES"] = machine;

        // These tests are run by a test host of another project; its variables are none of a new project's business.
        foreach (string name in start.Environment.Keys.Where(static n => n.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }
    }

    public void Dispose() => _packages.Delete(recursive: true);
}
