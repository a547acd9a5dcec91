using System.Reflection;

namespace DaskK8s.PowerShell.Tests;

/// <summary>Says where things lie.</summary>
internal static class Places
{
    public static string Module { get; } = Read("Module");

    public static string Manifest { get; } = Path.Combine(Module, "DaskK8s.psd1");

    public static string Host { get; } = Read("Host");

    public static string OtherYaml { get; } = Read("OtherYaml");

    public static string Repository { get; } = Read("Repository");

    public static string Sample(string name) => Path.Combine(Repository, "samples", "PowerShell", name);

    private static string Read(string key) => Path.GetFullPath(
        typeof(Places).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!);
}
