using System.Diagnostics;

namespace DaskK8s.PowerShell.Tests;

/// <summary>Runs scripts in PowerShell itself, a process each, as somebody who has never used it on this machine.</summary>
internal sealed class Pwsh : IDisposable
{
    // So that a script that hangs says how far it came.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("daskk8s-pwsh-");

    /// <summary>Gets a folder that goes with this object.</summary>
    public string Home => _home.FullName;

    /// <summary>Starts PowerShell with arguments; its standard streams are the caller's to read.</summary>
    public Process Start(params string[] arguments)
    {
        // Tests that are run in the background have SIGINT ignored, and what they start inherits that: env sets the defaults again.
        string[] command = ["dotnet", Places.Pwsh, "-NoProfile", "-NonInteractive", .. arguments];
        command = OperatingSystem.IsLinux() ? ["env", "--default-signal=INT,QUIT,TERM", .. command] : command;
        ProcessStartInfo start = new(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Home,
            Environment =
            {
                ["HOME"] = Home,
                ["XDG_CACHE_HOME"] = null,
                ["XDG_CONFIG_HOME"] = null,
                ["XDG_DATA_HOME"] = null,
                ["POWERSHELL_TELEMETRY_OPTOUT"] = "1",
                ["POWERSHELL_UPDATECHECK"] = "Off",
                ["NO_COLOR"] = "1",
            },
        };
        return Process.Start(start)!;
    }

    /// <summary>Runs PowerShell to its end.</summary>
    public async Task<(int Code, string[] Lines, string Error)> RunAsync(params string[] arguments)
    {
        using Process process = Start(arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        try
        {
            await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Limit, TestContext.Current.CancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"PowerShell did not end. It printed: {await output} {await error}", e);
        }

        return (process.ExitCode, (await output).Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries), await error);
    }

    /// <summary>Runs a script that must not fail, and gives the lines that it printed.</summary>
    public async Task<string[]> RunScriptAsync(string script)
    {
        (int code, string[] lines, string error) = await RunAsync("-Command", $"$ErrorActionPreference = 'Stop'; {script}");
        error.Should().BeEmpty($"of {script}, which printed {string.Join('\n', lines)}");
        code.Should().Be(0);
        return lines;
    }

    public void Dispose() => _home.Delete(recursive: true);
}
