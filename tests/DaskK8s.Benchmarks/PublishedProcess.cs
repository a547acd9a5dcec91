using System.Diagnostics;

namespace DaskK8s.Benchmarks;

/// <summary>The program of tests/DaskK8s.Benchmarks.Process, published as its project says into a folder that goes with this object.</summary>
internal sealed class PublishedProcess : IDisposable
{
    private const string Project = "DaskK8s.Benchmarks.Process";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("daskk8s-process-");

    private PublishedProcess()
    {
    }

    public static async Task<PublishedProcess> PublishAsync()
    {
        PublishedProcess published = new();
        try
        {
            Console.WriteLine($"Publishing {Project}...");
            string project = Path.Combine(RepositoryRoot(), "tests", Project);
            await RunAsync("dotnet", ["publish", project, "--configuration", "Release", "-p:Measured=true", "--output", published._folder.FullName, "--nologo", "--verbosity", "quiet"]);
            return published;
        }
        catch
        {
            published.Dispose();
            throw;
        }
    }

    /// <summary>Runs the program from its start to its end.</summary>
    /// <returns>The time it took.</returns>
    public async Task<TimeSpan> RunAsync(string[] arguments)
    {
        long start = Stopwatch.GetTimestamp();
        await RunAsync(Path.Combine(_folder.FullName, Project), arguments);
        return Stopwatch.GetElapsedTime(start);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static async Task RunAsync(string program, string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };

        // No build server stays behind.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {output}{await errors}");
        }
    }

    private static string RepositoryRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "DaskK8s.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException($"The benchmark publishes a program of the repository, and {AppContext.BaseDirectory} is not in it.");
    }
}
