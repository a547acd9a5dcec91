namespace DaskK8s.Kubernetes.Credentials;

/// <summary>
/// Finds a helper program as Go does: in the directories of PATH (with PATHEXT on Windows), but never in the current directory or
/// next to this program, where .NET's own search would look first.
/// </summary>
internal static class ExecCommand
{
    /// <summary>Finds a program.</summary>
    /// <param name="command">A name, or an absolute path.</param>
    /// <param name="getVariable">Reads an environment variable.</param>
    /// <returns>The absolute path; null if it does not exist or is not executable.</returns>
    public static string? Find(string command, Func<string, string?> getVariable)
    {
        string[] endings = OperatingSystem.IsWindows() ? Endings(command, getVariable("PATHEXT")) : [""];
        string[] directories = Path.IsPathFullyQualified(command)
            ? [""]
            : (getVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return directories
            .Where(directory => directory.Length == 0 || Path.IsPathFullyQualified(directory))
            .SelectMany(directory => endings.Select(ending => Path.Combine(directory, command + ending)))
            .FirstOrDefault(IsProgram);
    }

    private static string[] Endings(string command, string? known)
    {
        string[] endings = (string.IsNullOrEmpty(known) ? ".COM;.EXE;.BAT;.CMD" : known).Split(';', StringSplitOptions.RemoveEmptyEntries);
        return endings.Any(ending => command.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) ? ["", .. endings] : endings;
    }

    private static bool IsProgram(string path)
    {
        const UnixFileMode runnable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return File.Exists(path) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & runnable) != 0);
    }
}
