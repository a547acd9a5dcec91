using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

using DaskK8s.Testing;

namespace DaskK8s.Docs.Tests.Pages;

/// <summary>Reads the versions that the tests run with, each from the file or the code that decides about it.</summary>
internal static partial class KnownVersions
{
    private const string Cluster = "tests/cluster/settings.sh";

    /// <summary>Python of the Debian releases that images of the real cluster are made from.</summary>
    private static readonly Dictionary<string, string> DebianPython = new() { ["bookworm"] = "3.11", ["trixie"] = "3.13", ["testing"] = "3.14" };

    /// <summary>Gets the version of the cluster that is built from Debian's packages.</summary>
    public static string RealKubernetes => Setting("kubernetes_version");

    /// <summary>Gets the version that the embedded server simulates where a test asks for none.</summary>
    public static string EmbeddedKubernetes => new EmbeddedClusterOptions().KubernetesVersion.TrimStart('v');

    public static string Chart => new DaskRelease().ChartVersion;

    /// <summary>Gets the versions of Dask in the real cluster's images, the oldest first.</summary>
    public static IReadOnlyList<string> Dask => [.. Images.Select(static i => i.Dask).OrderBy(Version.Parse)];

    /// <summary>Gets the versions of Python in the real cluster's images, the oldest first.</summary>
    public static IReadOnlyList<string> Python => [.. Images.Select(static i => DebianPython[i.Debian]).OrderBy(Version.Parse)];

    public static string TargetFramework => PropertyOf("Directory.Build.props", "TargetFramework")["net".Length..];

    public static string Sdk => Json("global.json").GetProperty("sdk").GetProperty("version").GetString()!;

    public static string PowerShell => PropertyOf("tests/Directory.Build.props", "PwshVersion");

    /// <summary>Gets the oldest version of PowerShell that the module asks for.</summary>
    public static string OldestPowerShell => Of(ModuleManifest(), "src/DaskK8s.PowerShell/DaskK8s.psd1");

    public static string Interactive => Json(".config/dotnet-tools.json").GetProperty("tools").GetProperty("microsoft.dotnet-interactive").GetProperty("version").GetString()!;

    private static IEnumerable<(string Dask, string Debian)> Images =>
        Setting("dask_images").Trim('(', ')').Split(' ').Select(static image => image.Split(':')).Select(static parts => (parts[0], parts[1].Split(',')[0]));

    /// <summary>Returns the version of a package, or the range that is accepted.</summary>
    public static string Package(string id) => XDocument.Parse(Repository.Read("Directory.Packages.props")).Descendants("PackageVersion")
        .Single(package => (string?)package.Attribute("Include") == id).Attribute("Version")!.Value;

    private static string Setting(string name) => Of(new Regex($@"^{name}=(\([^)]*\)|\S+)", RegexOptions.Multiline), Cluster);

    private static string Of(Regex regex, string path) =>
        regex.Match(Repository.Read(path)) is { Success: true } match ? match.Groups[1].Value : throw new InvalidOperationException($"{path} has nothing like {regex}");

    private static string PropertyOf(string path, string name) => XDocument.Parse(Repository.Read(path)).Descendants(name).First().Value;

    private static JsonElement Json(string path)
    {
        using JsonDocument document = JsonDocument.Parse(Repository.Read(path));
        return document.RootElement.Clone();
    }

    [GeneratedRegex(@"^\s*PowerShellVersion = '([^']+)'", RegexOptions.Multiline)]
    private static partial Regex ModuleManifest();
}
