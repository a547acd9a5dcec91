using System.Net;
using System.Net.Sockets;

using DaskK8s.Testing;

using k8s;

namespace DaskK8s.Benchmarks.PowerShell;

/// <summary>Stops commands that would go on for long, as Ctrl-C does, and compares with <c>Start-Sleep</c>, which has nothing to undo.</summary>
internal sealed class StopScript : IAsyncDisposable
{
    private const string Sleep = "Start-Sleep 600";

    // A command, and when it has come so far that it is stopped.
    private static readonly (string Name, string Command, string At)[] Commands =
    [
        ("wait", "Wait-DaskWorker none -NoFailFast", "$shell.Streams.Progress | Where-Object Activity -like Waiting*"),
        ("scale_and_wait", "Set-DaskWorkerGroup none -Replicas 2 -Wait -WarningAction SilentlyContinue", "$shell.Streams.Progress | Where-Object Activity -like Waiting*"),
        ("follow_log", "Get-DaskLog -Follow", "$output.Count -gt 0"),
        ("python", "Invoke-DaskPython ''import distributed; print(1, flush=True); distributed.Event(\"never\").wait(30)''", "$shell.Streams.Information.Count -gt 0"),
        ("connect", "Connect-DaskCluster other -Kubeconfig $env:SILENT", "$shell.Streams.Progress | Where-Object Activity -like Connecting*"),
    ];

    private readonly EmbeddedCluster _cluster;
    private readonly TcpListener _silent = new(IPAddress.Loopback, 0);
    private readonly string _silentConfig = Path.GetTempFileName();

    private StopScript(EmbeddedCluster cluster) => _cluster = cluster;

    /// <summary>Starts a cluster with real Dask in it, and with a group whose pods no node takes.</summary>
    public static async Task<StopScript> PrepareAsync()
    {
        StopScript script = new(await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { DaskProcesses = true }));
        using k8s.Kubernetes client = script._cluster.CreateClient();
        await new DaskRelease { Workers = 1, Groups = [new DaskReleaseGroup { Name = "none", Requests = new Dictionary<string, string> { ["cpu"] = "1000" } }] }.InstallAsync(client);
        script._silent.Start();
        await File.WriteAllTextAsync(
            script._silentConfig,
            $"{{kind: Config, current-context: a, contexts: [{{name: a, context: {{cluster: a}}}}], clusters: [{{name: a, cluster: {{server: 'http://{script._silent.LocalEndpoint}'}}}}]}}");
        return script;
    }

    public async Task<IReadOnlyList<Comparison>> CompareAsync(int rounds, string ratio)
    {
        string ours = $$"""
            $env:SILENT = '{{_silentConfig}}'
            {{Prepare($"Import-Module ''{PwshProcess.Manifest}''; $null = Connect-DaskCluster my-dask -Kubeconfig ''{_cluster.KubeconfigPath}''; Wait-DaskWorker worker")}}
            {{Stop(Sleep, "$true")}}
            {{string.Join('\n', Commands.Select(static c => Stop(c.Command, c.At)))}}
            """;
        string theirs = $"{Prepare("")}\n{Stop(Sleep, "$true")}\n{Stop(Sleep, "$true")}";
        double[][] oursRuns = new double[rounds][];
        double[] theirsRuns = new double[rounds];
        for (int round = 0; round < rounds; round++)
        {
            // The first stop of a process is PowerShell's own to learn, and not counted.
            oursRuns[round] = (await PwshProcess.RunAsync(ours))[1..];
            theirsRuns[round] = (await PwshProcess.RunAsync(theirs))[1..].Single();
        }

        return [.. Commands.Select((c, i) => new Comparison($"powershell_stop_{c.Name}", "ms", ratio, [.. oursRuns.Select(r => r[i])], theirsRuns))];
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        _silent.Dispose();
        File.Delete(_silentConfig);
    }

    private static string Prepare(string script) => $$"""
        $runspace = [runspacefactory]::CreateRunspace(); $runspace.Open()
        $shell = [powershell]::Create($runspace).AddScript('{{script}}'); $null = $shell.Invoke()
        if ($shell.HadErrors) { throw $shell.Streams.Error[0].Exception }
        """;

    /// <summary>Returns a script that prints how long it takes to stop a command, in ms.</summary>
    private static string Stop(string command, string at) => $$"""
        $shell = [powershell]::Create($runspace).AddScript('{{command}}')
        $output = [Management.Automation.PSDataCollection[psobject]]::new()
        $null = $shell.BeginInvoke([Management.Automation.PSDataCollection[psobject]]::new(), $output)
        while (-not ({{at}})) { if ($shell.InvocationStateInfo.State -ne 'Running') { throw "$($shell.Streams.Error)" }; [Threading.Thread]::Sleep(5) }
        [Threading.Thread]::Sleep(200)
        $watch = [Diagnostics.Stopwatch]::StartNew(); $shell.Stop(); $watch.Elapsed.TotalMilliseconds.ToString([cultureinfo]::InvariantCulture)
        """;
}
