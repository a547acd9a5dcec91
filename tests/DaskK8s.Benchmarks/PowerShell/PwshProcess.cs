using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace DaskK8s.Benchmarks.PowerShell;

/// <summary>Runs scripts in PowerShell itself, a process each, that print figures.</summary>
internal static class PwshProcess
{
    /// <summary>Gets the manifest of our module as it was built.</summary>
    public static string Manifest { get; } = Path.Combine(Read("Module"), "DaskK8s.psd1");

    /// <summary>Returns the figures that a script prints, one a line.</summary>
    public static async Task<double[]> RunAsync(string script)
    {
        ProcessStartInfo start = new("dotnet", [Read("Pwsh"), "-NoProfile", "-NonInteractive", "-Command", script])
        {
            RedirectStandardOutput = true,
            Environment = { ["POWERSHELL_TELEMETRY_OPTOUT"] = "1", ["POWERSHELL_UPDATECHECK"] = "Off" },
        };
        using Process process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        string[] lines = output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        return process.ExitCode == 0 && lines.Length > 0 && lines.All(static l => double.TryParse(l, CultureInfo.InvariantCulture, out _))
            ? [.. lines.Select(static l => double.Parse(l, CultureInfo.InvariantCulture))]
            : throw new InvalidOperationException($"PowerShell ended with {process.ExitCode}: {output}");
    }

    private static string Read(string key) => Path.GetFullPath(
        typeof(PwshProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!);
}
