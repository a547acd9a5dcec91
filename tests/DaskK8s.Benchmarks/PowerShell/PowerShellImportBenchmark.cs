namespace DaskK8s.Benchmarks.PowerShell;

/// <summary>Measures in PowerShell itself what importing the module costs and how soon Ctrl-C ends its commands: the verb <c>powershell-import</c>.</summary>
/// <remarks>Each run is a process of its own; ours and theirs alternate, so that what else the machine does meets both.</remarks>
internal static class PowerShellImportBenchmark
{
    // A binary module with dependencies that PowerShell itself brings.
    private const string Rival = "Microsoft.PowerShell.PSResourceGet";
    private const string Ratio = "ours/theirs";
    private const double Promised = 1000;

    public static async Task<int> RunAsync(string[] args)
    {
        Arguments arguments = new(args);
        int rounds = arguments.Number("rounds", 9);
        string ours = Import(PwshProcess.Manifest);
        string theirs = Import(Rival);

        // Once before, unmeasured: the files are in the machine's cache then, as they are for whoever works with them.
        await PwshProcess.RunAsync(ours);
        await PwshProcess.RunAsync(theirs);
        List<Comparison> comparisons =
        [
            await CompareAsync("powershell_import", rounds, ours, theirs),
            await CompareAsync("powershell_start", rounds, Start($"Import-Module '{PwshProcess.Manifest}'"), Start("")),
        ];
        await using (StopScript stop = await StopScript.PrepareAsync())
        {
            comparisons.AddRange(await stop.CompareAsync(rounds, Ratio));
        }

        await Report.WriteAsync(comparisons, arguments.Find("json"));
        return comparisons.Where(static c => c.Name != "powershell_start").All(static c => c.OursMedian < Promised) ? 0 : 1;
    }

    private static async Task<Comparison> CompareAsync(string name, int rounds, string ours, string theirs)
    {
        double[] oursRuns = new double[rounds];
        double[] theirsRuns = new double[rounds];
        for (int round = 0; round < rounds; round++)
        {
            oursRuns[round] = (await PwshProcess.RunAsync(ours)).Single();
            theirsRuns[round] = (await PwshProcess.RunAsync(theirs)).Single();
        }

        return new Comparison(name, "ms", Ratio, oursRuns, theirsRuns);
    }

    /// <summary>Returns a script that prints what an import takes in an empty runspace of a PowerShell that has started, in ms.</summary>
    private static string Import(string module) => $$"""
        $runspace = [runspacefactory]::CreateRunspace([initialsessionstate]::CreateDefault2()); $runspace.Open()
        $shell = [powershell]::Create($runspace).AddScript("Import-Module '{{module}}' -ErrorAction Stop")
        $watch = [Diagnostics.Stopwatch]::StartNew(); $null = $shell.Invoke(); $watch.Elapsed.TotalMilliseconds.ToString([cultureinfo]::InvariantCulture)
        """;

    /// <summary>Returns a script that prints how long ago its process was started, in ms, after a command.</summary>
    private static string Start(string command) =>
        $"{command}; ([datetime]::Now - [Diagnostics.Process]::GetCurrentProcess().StartTime).TotalMilliseconds.ToString([cultureinfo]::InvariantCulture)";
}
