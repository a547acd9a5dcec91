using System.Text.RegularExpressions;

namespace DaskK8s.PowerShell.Tests;

/// <summary>What PowerShell itself shows of each type of object that the cmdlets give, on a terminal of 120 columns.</summary>
public sealed partial class RenderedViews : IAsyncLifetime
{
    private readonly Dictionary<string, string> _views = [];

    public IReadOnlyDictionary<string, string> All => _views;

    public string this[string name] => _views[name];

    public async ValueTask InitializeAsync()
    {
        await using DaskFixture fixture = new();
        await fixture.InitializeAsync();
        using Pwsh pwsh = new();
        string[] lines = await pwsh.RunScriptAsync($$"""
            Import-Module '{{Places.Manifest}}'
            $cluster = Connect-DaskCluster my-dask -Kubeconfig '{{fixture.Kubeconfig}}'
            Wait-DaskWorker
            function Show($name, $objects) {
                "=== $name"; $objects | Out-String -Width 120
                "=== $name table"; $objects | Format-Table | Out-String -Width 120
                "=== $name list"; $objects | Format-List | Out-String -Width 120
            }
            $adaptive = Start-DaskAdaptive -Range @{ worker = 3, 3; 'gpu-workers' = 2, 2 } -Interval 1s
            while ($adaptive.Trace.Count -lt 2 -or $adaptive.Decisions.Count -lt 1) { if ($adaptive.Error) { throw $adaptive.Error }; [Threading.Thread]::Sleep(50) }
            Wait-DaskWorker
            Show Cluster $cluster
            Show DiscoveredRelease (Get-DaskCluster -Available -Kubeconfig '{{fixture.Kubeconfig}}')
            Show WorkerGroup (Get-DaskWorkerGroup)
            Show WorkerPod (Get-DaskWorkerGroup gpu-workers).Pods
            Show Worker (Get-DaskWorker gpu-workers)
            Show Log (Get-DaskLog -Component Scheduler -Tail 1)
            Show Permission (Test-DaskPermission -Namespace default -Kubeconfig '{{fixture.Cluster.CreateKubeconfigFor("reader")}}')
            Show Upgrade (New-DaskWorkerGroupValue gpu-workers -Replicas 2)
            Show Adaptive $adaptive
            Show Decision $adaptive.Decisions
            Show Sample $adaptive.Trace
            Show Value (Get-DaskReleaseValue worker)
            Stop-DaskAdaptive
            Set-DaskWorkerGroup gpu-workers -Replicas 1 -Wait
            Disconnect-DaskCluster
            """);
        foreach (string view in Separator().Split(string.Join('\n', lines)).Skip(1))
        {
            string[] parts = view.Split('\n', 2);
            _views[parts[0]] = parts[1];
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [GeneratedRegex("^=== ", RegexOptions.Multiline)]
    private static partial Regex Separator();
}
