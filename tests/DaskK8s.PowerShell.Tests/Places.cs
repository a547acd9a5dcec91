using System.Reflection;

namespace DaskK8s.PowerShell.Tests;

/// <summary>Says where things lie.</summary>
internal static class Places
{
    public static string Module { get; } = Path.GetFullPath(Read("Module"));

    public static string Manifest { get; } = Path.Combine(Module, "DaskK8s.psd1");

    /// <summary>Gets PowerShell itself, as its .NET tool has it.</summary>
    public static string Pwsh { get; } = Path.GetFullPath(Read("Pwsh"));

    public static string OtherYaml { get; } = Path.GetFullPath(Read("OtherYaml"));

    public static string Repository { get; } = Path.GetFullPath(Read("Repository"));

    public static string Configuration { get; } = Read("Configuration");

    public static string Sample(string name) => Path.Combine(Repository, "samples", "PowerShell", name);

    private static string Read(string key) => typeof(Places).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
