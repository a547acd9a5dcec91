using System.Diagnostics;

namespace DaskK8s.Tests.Rigs.Helm;

/// <summary>Provides a command line to a shell and reads back the words that a program would get.</summary>
internal static class ShellWordReader
{
    public static bool Has(string shell) => Find(shell) is not null;

    public static async Task<string[]> ReadAsync(string shell, string command)
    {
        // The command's first word is a function that prints its arguments, so that no program of that name is needed.
        string rest = command["helm".Length..];
        string[] arguments = shell switch
        {
            "sh" => ["-c", $"helm() {{ for word in \"$@\"; do printf '%s\\n' \"$word\"; done; }}; helm{rest}"],
            "pwsh" => ["-NoProfile", "-NonInteractive", "-Command", $"[Console]::OutputEncoding = [Text.Encoding]::UTF8; function helm {{ $args | ForEach-Object {{ [Console]::WriteLine($_) }} }}; helm{rest}"],
            _ => [],
        };
        string program = Find(shell)!;
        bool isPackage = program.EndsWith(".dll", StringComparison.Ordinal);
        ProcessStartInfo start = new(isPackage ? "dotnet" : program, isPackage ? [program, .. arguments] : arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = System.Text.Encoding.UTF8,
        };
        if (shell == "cmd")
        {
            string reader = "[Console]::OutputEncoding = [Text.Encoding]::UTF8; $args | ForEach-Object { [Console]::WriteLine($_) }";
            string script = Path.Combine(Path.GetTempPath(), $"daskk8s-{Guid.NewGuid():N}.ps1");
            await File.WriteAllTextAsync(script, reader, TestContext.Current.CancellationToken);
            start.Arguments = $"/d /s /c \"powershell -NoProfile -File {script}{rest}\"";
        }

        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        (await errors).Should().BeEmpty();
        return ["helm", .. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd('\r'))];
    }

    private static string? Find(string shell)
    {
        string name = OperatingSystem.IsWindows() ? $"{shell}.exe" : shell;
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
            ?? (shell == "pwsh" ? FindPackage() : null);
    }

    // PowerShell as its .NET tool has it, which the tests of the module restore.
    private static string? FindPackage()
    {
        string packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } named
            ? named
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        string folder = Path.Combine(packages, "powershell");
        return Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, "pwsh.dll", SearchOption.AllDirectories).FirstOrDefault(path => path.Contains(OperatingSystem.IsWindows() ? "win" : "unix", StringComparison.Ordinal))
            : null;
    }
}
